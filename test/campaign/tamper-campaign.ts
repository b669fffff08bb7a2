import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BitacoraError, type Logger } from '../../src/base/index.js';
import type { Engine } from '../../src/engine/index.js';
import { parseObjectName } from '../../src/format/index.js';
import type { Snapshot } from '../../src/snapshot/index.js';
import { openVault, type UserRepository, type Vault } from '../../src/vault/index.js';
import { restoreScope } from './restoring.js';
import { removeScratch } from './scratch.js';
import { createSwitchBackend } from './switch-backend.js';
import type { Change } from './tamper-steps.js';
import type { TamperSnapshot, TamperUser, TamperVault } from './tamper-vault.js';
import { differences, readTree, wrongItems } from './tree.js';

/**
 * Who meets the changed storage: a machine that has never seen the vault, one whose index knows it as it was, or one that has
 * the user open while the storage is changed.
 */
export const MODES = ['cold', 'warm', 'open'] as const;
export type Mode = (typeof MODES)[number];

/** `wrong` breaks a promise. */
export type TamperVerdict =
  | { readonly outcome: 'detected'; readonly codes: readonly string[] }
  | { readonly outcome: 'harmless' }
  | { readonly outcome: 'rolled back'; readonly told: boolean }
  | { readonly outcome: 'wrong'; readonly why: string };

/** What may be said of a changed object, by its kind. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  vault: ['DATA_CORRUPT', 'KEY_WRONG', 'NOT_A_VAULT', 'FORMAT_NEWER'],
  registry: ['DATA_CORRUPT', 'FORMAT_NEWER', 'UNKNOWN_USER'],
  bundle: ['DATA_CORRUPT', 'FORMAT_NEWER', 'OBJECT_MISSING'],
  log: ['DATA_CORRUPT', 'OBJECT_MISSING'],
  pack: ['DATA_CORRUPT', 'FORMAT_NEWER', 'OBJECT_MISSING'],
};

interface Problem {
  readonly code: string;
  readonly text: string;
}

interface Findings {
  readonly problems: Problem[];
  /** Why a promise is broken. */
  readonly broken: string[];
  missing: boolean;
}

/** Tries changes of the storage against everything that can be restored from it. */
export class TamperCampaign {
  readonly #made: TamperVault;
  readonly #root: string;
  readonly #engine: Engine;
  readonly #backend = createSwitchBackend();
  readonly #path: string;
  readonly #index: string;
  readonly #told: Problem[] = [];
  readonly #logger: Logger;
  /** Packs that each snapshot needs. */
  readonly #needs = new Map<string, ReadonlySet<string>>();
  #targets = 0;

  private constructor(made: TamperVault, root: string, engine: Engine) {
    this.#made = made;
    this.#root = root;
    this.#engine = engine;
    this.#path = join(root, 'tampered');
    this.#index = join(root, 'index as it was');
    mkdirSync(this.#path);
    const tell = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => {
      this.#told.push({ code: String(fields.code ?? ''), text: `${message} ${JSON.stringify(fields)}` });
    };
    this.#logger = { debug: () => {}, info: () => {}, warn: tell, error: tell };
  }

  /** @param root - A directory for what comes and goes, fast if possible. */
  static async start(made: TamperVault, root: string, engine: Engine): Promise<TamperCampaign> {
    const campaign = new TamperCampaign(made, root, engine);
    await campaign.#learn();
    return campaign;
  }

  /** Restores everything that the storage still has, and judges what was said. */
  async try(change: Change, mode: Mode): Promise<TamperVerdict> {
    const findings: Findings = { problems: [], broken: [], missing: false };
    this.#told.length = 0;
    this.#resetIndex(mode !== 'cold');
    this.#backend.hold(mode === 'open' ? this.#made.objects : change.objects);
    try {
      const vault = await this.#open();
      try {
        for (const user of this.#made.users) await this.#tryUser(vault, user, change, mode, findings);
      } finally {
        await vault.close();
      }
    } catch (error) {
      note(findings, error);
      if (![...change.touched].some((name) => name.endsWith('vault.json')))
        findings.broken.push('the vault does not open');
    }
    return this.#judge(change, mode, findings);
  }

  #open(): Promise<Vault> {
    const { keyFile } = this.#made;
    return openVault({ path: this.#path, keyFile, backend: this.#backend, logger: this.#logger });
  }

  #resetIndex(known: boolean): void {
    rmSync(join(this.#path, 'index'), { recursive: true, force: true });
    if (known) cpSync(this.#index, join(this.#path, 'index'), { recursive: true });
  }

  /** Keeps an index that knows the vault, and finds out what each snapshot needs by taking packs away. */
  async #learn(): Promise<void> {
    const { objects, users } = this.#made;
    for (const user of users) for (const { id } of user.snapshots) this.#needs.set(id, new Set());
    this.#resetIndex(false);
    this.#backend.hold(objects);
    let vault = await this.#open();
    for (const { name } of users) (await vault.openUser(name)).close();
    await vault.close();
    cpSync(join(this.#path, 'index'), this.#index, { recursive: true });
    for (const user of users) {
      for (const pack of user.packs) {
        this.#resetIndex(false);
        this.#backend.hold(new Map([...objects].filter(([name]) => name !== pack)));
        vault = await this.#open();
        const repository = await vault.openUser(user.name);
        const found = await repository.snapshots.list();
        for (const snapshot of user.snapshots) {
          const findings: Findings = { problems: [], broken: [], missing: false };
          await this.#restore(repository, found, snapshot, findings);
          if (findings.problems.length > 0) (this.#needs.get(snapshot.id) as Set<string>).add(pack);
        }
        repository.close();
        await vault.close();
      }
    }
  }

  async #tryUser(vault: Vault, user: TamperUser, change: Change, mode: Mode, findings: Findings): Promise<void> {
    const mine = [...change.touched].filter((name) => name.endsWith(user.registry) || name.includes(user.uid));
    const onlyPacks = mine.every((name) => parseObjectName(name)?.type === 'pack');
    let repository: UserRepository;
    try {
      repository = await vault.openUser(user.name);
    } catch (error) {
      note(findings, error);
      const record = change.touched.has(this.#made.laterRecord.name) && user === this.#made.users[1];
      if (onlyPacks && !record)
        findings.broken.push(`the user ${user.name}, whose keys and log are as they were, does not open`);
      return;
    }
    try {
      const found = await repository.snapshots.list();
      for (const problem of repository.logProblems) note(findings, problem);
      this.#checkList(user, found, repository.logProblems.length, change, findings);
      if (mode === 'open') this.#backend.hold(change.objects);
      const wanted = mine.length === 0 ? user.snapshots.slice(-1) : user.snapshots;
      for (const snapshot of wanted) {
        const before = findings.problems.length;
        await this.#restore(repository, found, snapshot, findings);
        const needs = this.#needs.get(snapshot.id)!;
        const untouched = mine.every((name) => !needs.has(name));
        const failed = findings.problems[before];
        if (untouched && failed)
          findings.broken.push(`snapshot ${snapshot.id} needs nothing that was touched: ${failed.text}`);
      }
    } catch (error) {
      note(findings, error);
      if (onlyPacks) findings.broken.push(`the user ${user.name} cannot be listed`);
    } finally {
      repository.close();
      if (mode === 'open') this.#backend.hold(this.#made.objects);
    }
  }

  /** Snapshots may only be those that there were: damage to the log may cost its own, and only a rollback may hide the last of them. */
  #checkList(user: TamperUser, found: readonly Snapshot[], lost: number, change: Change, findings: Findings): void {
    const listed = found.map(({ id }) => id).reverse();
    const own = listed.filter((id) => id !== this.#made.fork.snapshot.id);
    const all = user.snapshots.map(({ id }) => id);
    const known = lost === 0 ? all : all.filter((id) => own.includes(id));
    if (all.length - known.length > lost) findings.broken.push(`${all.length - known.length} snapshots are gone`);
    if (own.some((id, i) => id !== known[i]))
      findings.broken.push(`the snapshots of ${user.name} are ${listed.join(', ')}`);
    if (own.length === known.length) return;
    findings.missing = true;
    if (!change.rollback) findings.broken.push(`${known.length - own.length} snapshots of ${user.name} are gone`);
  }

  async #restore(
    repository: UserRepository,
    found: readonly Snapshot[],
    { id, tree }: TamperSnapshot,
    findings: Findings,
  ): Promise<void> {
    const snapshot = found.find((candidate) => candidate.id === id);
    if (!snapshot) return;
    const target = join(this.#root, `target-${this.#targets++}`);
    try {
      const report = await restoreScope(repository, this.#engine, snapshot.manifest.scopes[0]!, target);
      const items = [...report.failures.items, ...report.warnings.items];
      findings.problems.push(...items.map(({ code, message }) => ({ code, text: message })));
      const compare = report.failures.count > 0 ? wrongItems : differences;
      const differs = compare(tree, readTree(target));
      if (differs.length > 0) findings.broken.push(`restored wrongly: ${differs.join('\n')}`);
    } catch (error) {
      note(findings, error);
    } finally {
      removeScratch(target);
    }
  }

  #judge(change: Change, mode: Mode, { problems, broken, missing }: Findings): TamperVerdict {
    const wrong = (why: string): TamperVerdict => ({ outcome: 'wrong', why });
    if (broken.length > 0) return wrong(broken.join('; '));
    const fitting = new Set(
      [...change.touched].flatMap((name) => FITTING[parseObjectName(name.replace(/^copies\//, ''))?.type ?? ''] ?? []),
    );
    const told = this.#told.filter(({ text }) => isNamed(text, change));
    const unfit = problems.find(
      // Further names of a file that is damaged are told as well, but never alone.
      ({ code }) => !fitting.has(code) && (code !== 'RESTORE_INCOMPLETE' || !problems.some((p) => fitting.has(p.code))),
    );
    if (unfit) return wrong(`${unfit.code || 'no code'}: ${unfit.text}`);
    const put = this.#told.some(({ text }) => text.includes('put back to an older state'));
    if (missing && mode === 'warm' && !put) return wrong('nobody was told that the vault is older than it was');
    if (missing && problems.length === 0) return { outcome: 'rolled back', told: put };
    if (problems.length > 0 && told.length === 0 && !problems.some(({ text }) => isNamed(text, change))) {
      return wrong(`nothing names the object: ${problems.map(({ text }) => text).join('; ')}`);
    }
    if (problems.length + told.length > 0) {
      return {
        outcome: 'detected',
        codes: [...new Set([...problems, ...told].map(({ code }) => code).filter((c) => c !== ''))],
      };
    }
    if (change.surely && mode === 'cold') return wrong('nobody noticed');
    return { outcome: 'harmless' };
  }
}

function isNamed(text: string, { touched, alias }: Change): boolean {
  if (alias?.test(text)) return true;
  // Packs and entries go by their hash, and bundles that are gone by the place where they were.
  return [...touched].some((name) => {
    const type = parseObjectName(name)?.type;
    if (text.includes(name)) return true;
    if (type === 'pack' || type === 'log') return text.includes(name.slice(-64));
    return type === 'bundle' && text.includes(`"${name.slice(0, name.lastIndexOf('/') + 1)}"`);
  });
}

function note(findings: Findings, error: unknown): void {
  if (error instanceof BitacoraError) {
    findings.problems.push({ code: error.code, text: `${error.message} ${JSON.stringify(error.details)}` });
  } else findings.broken.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
