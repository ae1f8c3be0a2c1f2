import { loadSettings } from '@sentinel-forge/chassis';
import { AutohealSettings, explainForeign, healingPolicyOf, ownContainerIdOf } from './autoheal.settings.js';
import { defaultHealingPolicy } from './healing-policy.js';

const load = (environment: Readonly<Record<string, string>>): AutohealSettings =>
  loadSettings([AutohealSettings], environment)[0];

describe('the settings of the healer', () => {
  it('make the default policy where nothing is set', () => {
    expect(healingPolicyOf(load({}), { host: 'here' })).toEqual({ ...defaultHealingPolicy, host: 'here' });
  });

  it("are docker-autoheal's, in its units, and ours beside", () => {
    const settings = load({
      AUTOHEAL_CONTAINER_LABEL: 'all',
      AUTOHEAL_INTERVAL: '10',
      AUTOHEAL_START_PERIOD: '300',
      AUTOHEAL_DEFAULT_STOP_TIMEOUT: '20',
      AUTOHEAL_ONLY_MONITOR_RUNNING: 'true',
      AUTOHEAL_BACKOFF: '0.25',
    });
    expect(healingPolicyOf(settings, { host: 'here', meshProject: 'forge' })).toMatchObject({
      label: 'all',
      intervalMs: 10_000,
      startPeriodMs: 300_000,
      defaultStopTimeoutSeconds: 20,
      isOnlyRunning: true,
      backoffBaseMs: 250,
      meshProject: 'forge',
    });
  });

  it('accept what another part of the mesh does, and say which, without repeating a secret', () => {
    const said = explainForeign(load({ WEBHOOK_URL: 'https://hooks.example/secret', CURL_TIMEOUT: '30' }));
    expect(said).toHaveLength(2);
    expect(said[0]).toContain('NOTIFY_WEBHOOK_URL');
    expect(said.join(' ')).not.toContain('secret');
    expect(explainForeign(load({}))).toEqual([]);
  });

  it('name a wrong value by its setting', () => {
    expect(() => load({ AUTOHEAL_INTERVAL: 'soon' })).toThrow(/AUTOHEAL_INTERVAL must be a number of seconds/);
  });

  it('know the container that they are read in by the name of its host', () => {
    expect(ownContainerIdOf('0123456789ab')).toBe('0123456789ab');
    expect(ownContainerIdOf('db-server-1')).toBeUndefined();
  });
});
