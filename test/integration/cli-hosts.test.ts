import { Controller, Inject } from '@nestjs/common';
import { type ChooseMitigation, ForgeError, type RearmContainer, requests } from '@sentinel-forge/contracts';
import { MessagingOptions, OnRequest } from '@sentinel-forge/messaging';
import { waitFor } from '@sentinel-forge/testing';
import { type ForgeRun, ForgeTool } from '../support/forge-tool.js';
import { TestMesh } from '../support/test-mesh.js';
import { testToken } from '../support/tokens.js';

const onSecond = `m-${'2'.repeat(32)}`;
const clearScreen = '\u001b[2J\u009b2J\u202e';

@Controller()
class Supervisor {
  constructor(@Inject(MessagingOptions) private readonly options: MessagingOptions) {}

  @OnRequest(requests.showMitigation)
  async show({ id }: ChooseMitigation): Promise<object> {
    if (this.options.host !== 'second') {
      throw new ForgeError('FORGE_MITIGATION_UNKNOWN', `There is no mitigation ${id} on ${this.options.host}`);
    }
    return { id, host: this.options.host };
  }

  @OnRequest(requests.rearmContainer)
  async rearm({ container }: RearmContainer): Promise<object> {
    if (container === 'hostile') {
      throw new ForgeError('FORGE_HTTP_REFUSED', `not ${clearScreen}that one`);
    }
    if (this.options.host !== 'second') {
      throw new ForgeError('FORGE_HEALING_UNKNOWN', `No ${container} on ${this.options.host}`);
    }
    return { container };
  }
}

/** A mesh with a supervisor on each of two Docker hosts, and the tool. */
async function openHosts() {
  const mesh = await TestMesh.open('first');
  for (const host of ['first', 'second']) {
    await mesh.run('supervisor', { controllers: [Supervisor] }, { FORGE_HOST: host });
  }
  const { PATH = '' } = process.env;
  const tool = new ForgeTool({ PATH, ...mesh.environment({ FORGE_TOKEN: await testToken() }) });
  await waitFor(async () => (await tool.run(['healing', 'rearm', 'x', '--host', 'second'])).code === 0, {
    description: 'the second supervisor',
    intervalMs: 100,
  });
  return {
    forge: (...args: readonly string[]): Promise<ForgeRun> => tool.run(args),
    [Symbol.asyncDispose]: () => mesh[Symbol.asyncDispose](),
  };
}

describe('forge, where there are several Docker hosts', () => {
  it('finds the one that knows a mitigation or a container, and says so when none does', async () => {
    await using hosts = await openHosts();
    const shown = await hosts.forge('mitigation', 'show', onSecond, '--json');
    expect([shown.code, shown.stderr]).toEqual([0, '']);
    expect(JSON.parse(shown.stdout)).toEqual({ id: onSecond, host: 'second' });
    expect((await hosts.forge('healing', 'rearm', 'web-1')).code).toBe(0);
    const unknown = await hosts.forge('mitigation', 'show', onSecond, '--host', 'first');
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining('There is no mitigation')]);
  });

  it('shows what a service answers as harmless text, also when it is a refusal', async () => {
    await using hosts = await openHosts();
    const { code, stderr } = await hosts.forge('healing', 'rearm', 'hostile');
    expect(code).toBe(2);
    expect(stderr).toContain('not \\u{1b}[2J\\u{9b}2J\\u{202e}that one');
    expect([...clearScreen].filter((char) => !/[\w[]/.test(char) && stderr.includes(char))).toEqual([]);
  });
});
