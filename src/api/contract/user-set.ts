export { setInput as input, user as answer } from './user.js';
