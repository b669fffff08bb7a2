import { capabilities } from '../posix/index.js';

/** What backups on this machine cannot keep, in sentences; none where the system's own calls are at hand. */
export function notKept(): string[] {
  const { xattrs, holes } = capabilities();
  const sentences: string[] = [];
  if (!xattrs)
    sentences.push('Extended attributes and ACLs are not kept: this machine lacks the native calls (koffi).');
  if (!holes) sentences.push('Holes of sparse files are kept as zeros: this machine lacks the native calls (koffi).');
  return sentences;
}
