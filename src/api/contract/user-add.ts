export { addInput as input, user as answer } from './user.js';
