import { drop } from '../cache.js';
import { measure } from '../measure.js';
import { costFigures, discard, enter, type Round } from './kernel-round.js';

/** First backups with an empty page cache. False when the cache cannot be dropped: then nothing is measured. */
export async function coldRound(context: Round): Promise<boolean> {
  const { stage, round } = context;
  await stage.show(0);
  for (const program of context.programs) {
    const { home, repository } = await enter(program, stage);
    try {
      if (!(await drop())) return false;
      const cost = await measure(repository.backup(stage.tree, 'first'));
      context.record({ step: 'first cold', program: program.name, round, figures: costFigures(cost) });
    } finally {
      await discard(home);
    }
  }
  return true;
}
