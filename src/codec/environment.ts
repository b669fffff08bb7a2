/** The only reader of the process environment in this room: `BITACORA_ZSTD` forces one zstd provider (`native`, `node` or `wasm`). */
export function forcedZstd(): string | undefined {
  return process.env.BITACORA_ZSTD || undefined;
}
