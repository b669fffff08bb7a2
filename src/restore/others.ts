import { BitacoraError, errnoCode } from '../base/index.js';
import { ENTRY_TYPES } from '../format/index.js';
import { closeFd, linkAt, mknodAt, symlinkAt, unlinkAt } from '../posix/index.js';
import { formatBits } from './compare.js';
import { copyFile } from './copy-file.js';
import { setMetadataAt, setMetadataFd } from './metadata.js';
import { isItemError } from './report.js';
import type { Site } from './site.js';
import type { OtherTask } from './window.js';

/** What a file system answers where it cannot give a file that further name. */
const NO_LINK = new Set(['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP']);

/** Makes what is not a file with bytes of its own: links, fifos, devices, sockets. Problems are the item's own. */
export async function makeOther(site: Site, task: OtherTask): Promise<void> {
  try {
    if (!task.firstName) makeNew(site, task);
    else if (!linkTo(site, task)) await makeTwin(site, task);
    site.report.others++;
  } catch (error) {
    if (!isItemError(error)) throw error;
    site.report.failWith(task.directory.path(task.entry.name), error);
  }
}

/** False where there can be no such link. */
function linkTo(site: Site, { directory, entry, firstName }: OtherTask): boolean {
  if (firstName!.task?.failed) {
    throw new BitacoraError('RESTORE_INCOMPLETE', 'The file that it is a further name of could not be restored.');
  }
  const into = directory.intake(site.stagings);
  try {
    site.handles.both(firstName!.folder, into, (from, to) => linkAt(from, firstName!.name, to, entry.name));
    return true;
  } catch (error) {
    if (NO_LINK.has(errnoCode(error) ?? '')) return false;
    throw error;
  }
}

/** What cannot be a further name, because it lies on another file system, becomes the same once more. */
async function makeTwin(site: Site, task: OtherTask): Promise<void> {
  const { directory, entry, firstName, owner, permissions } = task;
  const path = directory.path(entry.name);
  if (entry.type !== ENTRY_TYPES.file) makeNew(site, task);
  else {
    const into = directory.intake(site.stagings);
    const fd = await copyFile(site.handles, firstName!, into, entry.name);
    try {
      setMetadataFd(fd, { entry, owner, permissions }, (error) => site.report.warnWith(path, error));
    } catch (error) {
      unlinkAt(site.handles.fd(into), entry.name);
      throw error;
    } finally {
      closeFd(fd);
    }
  }
  site.report.warn(path, 'EXDEV', 'It cannot be linked to its other name from there; it is a copy of it.');
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
