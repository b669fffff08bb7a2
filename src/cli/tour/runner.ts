import { spawn } from 'node:child_process';
import { printableText } from '../../base/index.js';
import { PROGRAM } from './program.js';

/** Ended by something else than the tour's own doing. */
export class TourStopped extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Runs `bitacora` as its users do and shows both the command and what it says. */
export class TourRunner {
  readonly #directory: string;
  readonly #globals: readonly string[];

  /**
   * @param directory - Where the commands run.
   * @param globals - Options that every command gets.
   */
  constructor(directory: string, globals: readonly string[]) {
    this.#directory = directory;
    this.#globals = globals;
  }

  say(text = ''): void {
    process.stdout.write(`${printableText(text)}\n`);
  }

  /** Begins a part of the tour. */
  step(title: string): void {
    this.say();
    this.say(`== ${title}`);
  }

  /** Shows the command and its output. @param allowed - Exit codes that are no reason to stop. */
  async show(args: readonly string[], allowed: readonly number[] = [0]): Promise<number> {
    this.say(`$ ${['bitacora', ...this.#globals, ...args].map(shellWord).join(' ')}`);
    const { code, stdout } = await this.#spawn(args);
    process.stdout.write(stdout.replace(/^(?=.)/gm, '  '));
    if (!allowed.includes(code)) throw new TourStopped(`\`bitacora ${args[0]}\` ended with exit code ${code}.`, code);
    return code;
  }

  /** Runs a command for its document only. */
  async ask(args: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout } = await this.#spawn([...args, '--json']);
    if (code !== 0) throw new TourStopped(`\`bitacora ${args[0]}\` ended with exit code ${code}: ${stdout}`, code);
    const parsed: unknown = JSON.parse(stdout);
    return parsed as Record<string, unknown>;
  }

  #spawn(args: readonly string[]): Promise<{ code: number; stdout: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [PROGRAM, ...this.#globals, ...args], {
        cwd: this.#directory,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
      });
      child.on('error', reject);
      child.on('close', (code, signal) => {
        if (signal === null) resolve({ code: code ?? 1, stdout });
        else reject(new TourStopped(`\`bitacora ${args[0]}\` was ended by ${signal}.`, 130));
      });
    });
  }
}

/** As a shell would want it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
