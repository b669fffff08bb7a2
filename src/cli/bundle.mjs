/**
 * Joins the compiled program's modules to a few files, since Node takes about 0.7 ms to load a module and a command would
 * load two hundred of them, and each worker again. Entries: the command line, the engine's worker, and the client for applications. What is imported
 * only when needed stays apart. Usage: node src/cli/bundle.mjs [OUT_DIR, default dist]
 */
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const compiled = join(root, process.argv[2] ?? 'dist', 'src');
const bundle = join(compiled, 'bundle');

/**
 * Has every import through a room's door lead straight to the module behind it. To the bundler a door leads to all that is
 * behind it, so that a call of the daemon would load the vault's code, too.
 */
const throughDoors = {
  name: 'through-doors',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/(cli|api)\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const contents = text.replace(
        /^import \{([^}]*)\} from ['"](\.[^'"]*\/index\.js)['"];$/gm,
        (statement, names, door) => direct(resolve(dirname(path), door), names) ?? statement,
      );
      return { contents, loader: 'js' };
    });
  },
};

/** Imports of `names` from where the door has them; undefined where the door is more than a list of such. */
function direct(door, names) {
  const origins = originsOf(door);
  const statements = [];
  for (const name of names
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)) {
    const [, imported, local = imported] = /^(\w+)(?: as (\w+))?$/.exec(name);
    const origin = origins.get(imported);
    if (!origin) return undefined;
    statements.push(`import { ${origin.name} as ${local} } from ${JSON.stringify(origin.path)};`);
  }
  return statements.join(' ');
}

const doors = new Map();

function originsOf(door) {
  if (doors.has(door)) return doors.get(door);
  const origins = new Map();
  for (const [, names, from] of readFileSync(door, 'utf8').matchAll(
    /^export \{([^}]*)\} from ['"](\.[^'"]*)['"];$/gm,
  )) {
    for (const name of names
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean)) {
      const [, inner, outer = inner] = /^(\w+)(?: as (\w+))?$/.exec(name);
      origins.set(outer, { name: inner, path: resolve(dirname(door), from) });
    }
  }
  doors.set(door, origins);
  return origins;
}

rmSync(bundle, { recursive: true, force: true });
await build({
  entryPoints: {
    main: join(compiled, 'cli/main.js'),
    thread: join(compiled, 'engine/thread.js'),
    client: join(compiled, 'api/client/library.js'),
  },
  outdir: bundle,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  packages: 'external',
  logLevel: 'warning',
  plugins: [throughDoors],
});
copyFileSync(join(compiled, 'chunking/kernel.wasm'), join(bundle, 'kernel.wasm'));
