/** Objects in this process's memory, with the same semantics as the durable backends: for tests and crash models. */
export { MemoryBackend } from './memory-backend.js';
