import { isIn, SERVICE_USER, type ServicePlan, STATE_DIRECTORY, touches } from './plan.js';
import { commandWord, pathWord, unitText } from './unit-text.js';

/** A file of the service: its place, and what stands in it. */
export interface UnitFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string;
}

/** The first line of each: what has it may be replaced and removed. */
export const MARK =
  '# Made by `bitacora service install`, which also replaces it: put changes of your own into a drop-in (systemctl edit).';

const UNITS = '/etc/systemd/system';
const NAME = 'bitacora';

/** Every file that makes the service, each explained in itself. */
export function unitFiles(plan: ServicePlan): UnitFile[] {
  const files = [
    { path: `${UNITS}/${NAME}.service`, content: serviceUnit(plan) },
    { path: `${UNITS}/${NAME}.socket`, content: socketUnit(plan) },
    ...(plan.listen === undefined ? [] : [{ path: `${UNITS}/${NAME}-tcp.socket`, content: tcpUnit(plan.listen) }]),
    ...(plan.user === SERVICE_USER ? [{ path: `/etc/sysusers.d/${NAME}.conf`, content: SYSUSERS }] : []),
    { path: `/etc/tmpfiles.d/${NAME}.conf`, content: TMPFILES },
  ];
  return files.map(({ path, content }) => ({ path, content: `${MARK}\n${content}` }));
}

function serviceUnit(plan: ServicePlan): string {
  const sections = [unitSection(plan), serviceSection(plan), beside(), places(plan), rights(plan), kernel(plan)];
  return `${sections.join('\n')}\n[Install]\nWantedBy=multi-user.target\n`;
}

function unitSection({ paths, listen }: ServicePlan): string {
  const sockets = [`${NAME}.socket`, ...(listen === undefined ? [] : [`${NAME}-tcp.socket`])].join(' ');
  const mounts = paths.length === 0 ? '' : `RequiresMountsFor=${paths.map(pathWord).join(' ')}\n`;
  return `[Unit]
Description=Backups by bitacora
Documentation=man:sd_notify(3)
# systemd listens, so that nobody who asks meanwhile is refused while the daemon starts.
Requires=${sockets}
After=${sockets} local-fs.target remote-fs.target
${mounts}`;
}

function serviceSection({
  program,
  variables,
  configFile,
  vault,
  namesVault,
  user,
  keyFile,
  graceMs,
}: ServicePlan): string {
  const words = [
    ...program,
    ...(configFile === undefined ? [] : ['--config', configFile]),
    ...(namesVault ? ['--vault', vault] : []),
    ...['--progress', 'none', 'daemon'],
  ];
  const environment = variables.map((variable) => `Environment=${commandWord(variable)}\n`).join('');
  return `[Service]
Type=notify
# Where the C library cannot be reached from Node, systemd-notify says it instead.
NotifyAccess=all
${environment}ExecStart=${words.map(commandWord).join(' ')}
# Reads the configuration again; a wrong one changes nothing, and \`systemctl status\` says so.
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=5
# A wrong call, a wrong setting, a key that is missing: starting again does not help.
RestartPreventExitStatus=64 65 66 73 77 78
# The event loop says that it is alive; one that hangs is ended and started again.
WatchdogSec=60
# Longer than [limits] grace: running backups may finish, and what does not is put back and runs after the next start.
TimeoutStopSec=${Math.ceil(graceMs / 1000) + 60}
KillMode=mixed
User=${unitText(user)}
# The master key stays root's: systemd hands it to the daemon alone. Sealed to this machine it is
# LoadCredentialEncrypted= of a file that systemd-creds encrypt --name=bitacora-master-key makes.
LoadCredential=bitacora-master-key:${unitText(keyFile)}
`;
}

function beside(): string {
  return `# Beside an application: it goes first.
Nice=10
CPUWeight=20
IOWeight=20
`;
}

function places({ vault, user, targets }: ServicePlan): string {
  const inState = isIn(vault, STATE_DIRECTORY);
  const top = inState ? STATE_DIRECTORY : vault;
  // From the directory of each: nobody can put a link in the way of a path that root follows.
  const words = `! -user ${user} ( -type d -o -links 1 ) -execdir /bin/chown -h ${user}: {} +`;
  const mine =
    user === 'root'
      ? ''
      : `# What root's own commands have written into the vault while no daemon ran becomes the daemon's.
ExecStartPre=+/usr/bin/find ${commandWord(top)} -xdev ${words}
`;
  const state = inState ? 'StateDirectory=bitacora\nStateDirectoryMode=0700\n' : '';
  // A target need not be there yet.
  const written = [...(inState ? [] : [pathWord(vault)]), ...targets.map((target) => pathWord(`-${target}`))];
  const writes = written.length === 0 ? '' : `ReadWritePaths=${written.join(' ')}\n`;
  return `UMask=0077\n${state}${writes}${mine}`;
}

/** Places that a service is usually kept from, which paths of this one may lie in. */
const HOMES = ['/home', '/root', '/run/user'];
const TEMPORARY = ['/tmp', '/var/tmp'];

function rights({ paths, targets, vault, program, configFile, network }: ServicePlan): string {
  const needed = [...paths, ...targets, vault, ...program.filter((word) => word.startsWith('/')), configFile ?? '/etc'];
  const lieIn = (places: readonly string[]): boolean =>
    needed.some((path) => places.some((place) => touches(path, place)));
  const reads =
    paths.length === 0
      ? `# Records come to it, and it writes its vault: there is nothing for which it needs any power.
CapabilityBoundingSet=
AmbientCapabilities=
`
      : `# It reads what it backs up, whoever owns that, and writes none of it.
CapabilityBoundingSet=CAP_DAC_READ_SEARCH
AmbientCapabilities=CAP_DAC_READ_SEARCH
ReadOnlyPaths=${paths.map(pathWord).join(' ')}
`;
  const net = network
    ? '# Programs that the configuration names may need a network.\n'
    : '# It has no network: connections come in through the sockets that systemd holds.\nPrivateNetwork=yes\n';
  return `${reads}NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=${lieIn(HOMES) ? 'read-only' : 'yes'}
PrivateTmp=${lieIn(TEMPORARY) ? 'no' : 'yes'}
PrivateDevices=yes
DevicePolicy=closed
PrivateIPC=yes
PrivateMounts=yes
RemoveIPC=yes
ProtectProc=invisible
ProcSubset=pid
${net}RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
`;
}

function kernel({ paths, targets }: ServicePlan): string {
  // A restore that brings back a file as it was may have to set such a bit.
  const bits = paths.length > 0 && targets.length > 0 ? 'no' : 'yes';
  const owners = targets.length === 0 ? '' : 'SystemCallFilter=@chown\n';
  return `ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=${bits}
SystemCallArchitectures=native
# Not MemoryDenyWriteExecute=: Node compiles as it runs. Not PrivateUsers=: it is told who asks at the socket.
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
${owners}SystemCallErrorNumber=EPERM
`;
}

function socketUnit({ socket, user, socketGroup }: ServicePlan): string {
  const group =
    socketGroup === undefined
      ? "# For root and the daemon's own user. [api.socket] group opens it to more, and [[api.peer]] says what they may.\nSocketMode=0600\n"
      : `SocketGroup=${unitText(socketGroup)}\nSocketMode=0660\n`;
  return `[Unit]
Description=Where bitacora is asked

[Socket]
ListenStream=${unitText(socket)}
FileDescriptorName=api
DirectoryMode=0755
SocketUser=${unitText(user)}
${group}RemoveOnStop=yes

[Install]
WantedBy=sockets.target
`;
}

function tcpUnit(listen: string): string {
  return `[Unit]
Description=Where bitacora is asked over TCP, with a token

[Socket]
ListenStream=${unitText(listen)}
FileDescriptorName=tcp
Service=${NAME}.service

[Install]
WantedBy=sockets.target
`;
}

const SYSUSERS = `# Whom the daemon runs as: nobody else's files are its own.
u ${SERVICE_USER} - "Backups by bitacora" ${STATE_DIRECTORY}
`;

const TMPFILES = `# The configuration may be read by the daemon's user, the master keys by root alone.
d /etc/bitacora 0755 root root -
d /etc/bitacora/keys 0700 root root -
`;
