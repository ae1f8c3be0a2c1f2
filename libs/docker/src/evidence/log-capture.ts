import type { Readable } from 'node:stream';

/** A piece of a container's output. With a terminal, everything is `stdout`. */
export interface LogEntry {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
}

/** What a container said last. */
export interface LogCapture {
  readonly entries: readonly LogEntry[];
  /** Older output was left out to stay within the limit of bytes. */
  readonly isTruncated: boolean;
}

/** A piece of output before it is text. */
export interface LogFrame {
  readonly stream: LogEntry['stream'];
  readonly bytes: Buffer;
}

/**
 * Parts the engine's multiplexed stream: frames of `[stream, 0, 0, 0, size as uint32 BE]` and their bytes
 * (Engine API, "ContainerAttach"). A frame may come in any number of chunks.
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogFrame> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    let start = 0;
    while (pending.length - start >= headerBytes) {
      const end = start + headerBytes + pending.readUInt32BE(start + 4);
      if (end > pending.length) {
        break;
      }
      yield { stream: pending[start] === 2 ? 'stderr' : 'stdout', bytes: pending.subarray(start + headerBytes, end) };
      start = end;
    }
    pending = pending.subarray(start);
  }
}

/** Keeps the last `maxBytes` of a container's output; memory stays bounded however much there is. */
export async function captureLog(
  source: Readable,
  options: { readonly hasTty: boolean; readonly maxBytes: number },
): Promise<LogCapture> {
  const frames = options.hasTty ? asStdout(source) : demultiplex(source);
  const kept: LogFrame[] = [];
  let keptBytes = 0;
  let isTruncated = false;
  for await (const frame of frames) {
    kept.push(frame);
    keptBytes += frame.bytes.length;
    while (keptBytes > options.maxBytes) {
      const oldest = kept.shift();
      const excess = keptBytes - options.maxBytes;
      isTruncated = true;
      if (oldest === undefined || oldest.bytes.length <= excess) {
        keptBytes -= oldest?.bytes.length ?? keptBytes;
      } else {
        kept.unshift({ stream: oldest.stream, bytes: oldest.bytes.subarray(excess) });
        keptBytes = options.maxBytes;
      }
    }
  }
  return { entries: toEntries(kept), isTruncated };
}

const headerBytes = 8;

async function* asStdout(chunks: AsyncIterable<Buffer>): AsyncGenerator<LogFrame> {
  for await (const bytes of chunks) {
    yield { stream: 'stdout', bytes };
  }
}

/** Joins neighbours of one stream before decoding, so that a character cut in two by a frame's end stays whole. */
function toEntries(frames: readonly LogFrame[]): readonly LogEntry[] {
  const runs: { stream: LogEntry['stream']; parts: Buffer[] }[] = [];
  for (const { stream, bytes } of frames) {
    const last = runs.at(-1);
    if (last?.stream === stream) {
      last.parts.push(bytes);
    } else {
      runs.push({ stream, parts: [bytes] });
    }
  }
  return runs.map(({ stream, parts }) => ({ stream, text: Buffer.concat(parts).toString('utf8') }));
}
