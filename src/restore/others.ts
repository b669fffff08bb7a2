import { BitacoraError } from '../base/index.js';
import { ENTRY_TYPES } from '../format/index.js';
import { linkAt, mknodAt, symlinkAt } from '../posix/index.js';
import { formatBits } from './compare.js';
import { setMetadataAt } from './metadata.js';
import { isItemError } from './report.js';
import type { Site } from './site.js';
import type { OtherTask } from './window.js';

/** Makes what is not a file with bytes of its own: links, fifos, devices, sockets. Problems are the item's own. */
export function makeOther(site: Site, task: OtherTask): void {
  const path = () => task.directory.path(task.entry.name);
  try {
    if (task.firstName) linkTo(site, task);
    else makeNew(site, task);
    site.report.others++;
  } catch (error) {
    if (!isItemError(error)) throw error;
    site.report.failWith(path(), error);
  }
}

function linkTo(site: Site, { directory, entry, firstName }: OtherTask): void {
  if (firstName!.task?.failed) {
    throw new BitacoraError('RESTORE_INCOMPLETE', 'The file that it is a further name of could not be restored.');
  }
  const into = directory.intake(site.stagings);
  site.handles.both(firstName!.folder, into, (from, to) => linkAt(from, firstName!.name, to, entry.name));
}

function makeNew(site: Site, { directory, entry, owner, permissions }: OtherTask): void {
  const fd = site.handles.fd(directory.intake(site.stagings));
  const { content, name } = entry;
  if (content.form === 'link') symlinkAt(content.target, fd, name);
  else if (content.form === 'device') {
    mknodAt(fd, name, formatBits(entry.type) | 0o600, content.major, content.minor);
  } else if (entry.type === ENTRY_TYPES.fifo || entry.type === ENTRY_TYPES.socket) {
    mknodAt(fd, name, formatBits(entry.type) | 0o600, 0, 0);
  } else throw new BitacoraError('DATA_CORRUPT', 'Its type and its content do not belong together.');
  setMetadataAt(fd, name, entry, owner, permissions, (error) => site.report.warnWith(directory.path(name), error));
}
