import { statfs } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const lookEveryMs = 1_000;
/** Less is as good as none: a server that starts writes its indexes first. */
const enoughBytes = 16 * 1024 * 1024;

/** What programs say when the disk takes no more. */
export function isDiskFullText(text: string): boolean {
  return /no space left on device|disk quota exceeded/i.test(text);
}

/** Resolves to true when there is room again on the disk of a directory; to false when the signal is aborted before. */
export async function whenRoom(directory: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    const { bavail, bsize } = await statfs(directory).catch(() => ({ bavail: 0, bsize: 0 }));
    if (bavail * bsize >= enoughBytes) {
      return true;
    }
    await delay(lookEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
