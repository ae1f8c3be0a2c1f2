import { type ContainerEvent, type NetworkEvent, parseEvent } from './docker-event.js';

/** A line longer than this is no event (labels are the bulk of one); it is passed over, not kept. */
const maxLineChars = 1024 * 1024;

/** Turns the engine's stream of JSON lines, cut anywhere, into events. */
export class EventLines {
  #rest = '';
  #isPassingOver = false;

  /** The events that this piece of the stream completes. */
  *push(text: string): Generator<ContainerEvent | NetworkEvent> {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const event = this.#isPassingOver ? undefined : parseEvent(line);
      this.#isPassingOver = false;
      if (event !== undefined) {
        yield event;
      }
    }
    if (this.#rest.length > maxLineChars) {
      this.#rest = '';
      this.#isPassingOver = true;
    }
  }
}
