import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program as users run it, beside the compiled modules. */
export const PROGRAM = join(dirname(fileURLToPath(import.meta.url)), '../../bundle/main.js');
