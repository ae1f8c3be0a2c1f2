import { ContainerLanes } from './container-lanes.js';

describe('container lanes', () => {
  it('runs work on one container in order and never two at once, whether it ends well or badly', async () => {
    const lanes = new ContainerLanes();
    const log: string[] = [];
    const work =
      (name: string, fails = false) =>
      async (): Promise<string> => {
        log.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        log.push(`${name} ends`);
        if (fails) {
          throw new Error(name);
        }
        return name;
      };
    const results = await Promise.allSettled([
      lanes.run('a', work('first')),
      lanes.run('a', work('second', true)),
      lanes.run('a', work('third')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends']);
  });

  it('lets a container that never ends hold up nobody but itself', async () => {
    const lanes = new ContainerLanes();
    void lanes.run('stuck', () => new Promise(() => undefined));
    await expect(lanes.run('free', async () => 'done')).resolves.toBe('done');
  });

  it('is idle, and holds nothing, when all work has ended, work added meanwhile too', async () => {
    const lanes = new ContainerLanes();
    let isLaterDone = false;
    void lanes.run('a', async () => {
      void lanes.run('b', async () => {
        await new Promise((resolve) => setImmediate(resolve));
        isLaterDone = true;
      });
    });
    await lanes.idle();
    expect(isLaterDone).toBe(true);
    expect(lanes.size).toBe(0);
  });
});
