import type { Figure } from '../sample.js';
import type { History } from '../sessions/history.js';
import type { Stage } from '../stage.js';
import type { Request } from '../workload.js';

/** What one round has at hand. */
export interface SessionRound {
  readonly request: Request;
  readonly history: History;
  readonly stage: Stage;
  readonly round: number;
  record(step: string, program: string, figures: Partial<Record<Figure, number>>): void;
}
