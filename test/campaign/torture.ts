/**
 * The torture tree at full size: `node dist/test/campaign/torture.js [--dense MiB] [--huge MiB] [--entries N]`.
 */
import { numbersFrom } from './arguments.js';
import { runTorture } from './torture-run.js';

const MIB = 2 ** 20;
const { dense, huge, entries } = numbersFrom(process.argv.slice(2), { dense: 300, huge: 3072, entries: 20_000 });
const result = await runTorture({ entries, denseBytes: dense * MIB, hugeBytes: huge * MIB });
console.log(JSON.stringify(result, null, 2));
const { rsync, differs, differsDeep, grown, problems } = result;
process.exitCode = rsync === '' && [differs, differsDeep, grown, problems].every((list) => list.length === 0) ? 0 : 1;
