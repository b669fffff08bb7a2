import { patterns } from './common.js';

/** Members of an input that say what of a state is wanted: paths, patterns, and `collection/id` of records. */
export const wishes = {
  include: patterns.optional(),
  exclude: patterns.optional(),
  /** Beside `include`, and meaning the same. */
  items: patterns.optional(),
};
