/** Carries the word that a container is held no more from the responses, which know, to the healer, which asks them who is held. */
export class FreedContainers {
  readonly #listeners: ((containerId: string) => void)[] = [];

  listen(listener: (containerId: string) => void): void {
    this.#listeners.push(listener);
  }

  tell(containerId: string): void {
    for (const listener of this.#listeners) {
      listener(containerId);
    }
  }
}
