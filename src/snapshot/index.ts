/** What a snapshot is: trees, manifests and the user's log of sealed entries; the fold of a history at a moment. */
export { ContentWriter } from './content-writer.js';
export { DirectoryWriter, type OwnerLookup } from './directory-writer.js';
export { checkEntryName } from './entry-name.js';
export { type Fold, type FoldableManifest, type FoldedScope, foldAt } from './fold.js';
export type { NodeSink } from './node-sink.js';
export { entryAt, type LeavesOptions, type NodeSource, TreeReader } from './tree-reader.js';
