import { hostname } from 'node:os';
import { join } from 'node:path';
import type { FactoryProvider } from '@nestjs/common';
import { MeshSettings, Redactor, steadyNow } from '@sentinel-forge/chassis';
import { InventoryEntry, Log } from '@sentinel-forge/contracts';
import { DockerEngine, defaultDockerHost } from '@sentinel-forge/docker';
import { EventPublisher, RecordStores } from '@sentinel-forge/messaging';
import { Registry } from 'prom-client';
import { instanceOf, SupervisorSettings } from '../config.js';
import { EngineWatch } from '../engine-watch/engine-watch.js';
import { AutohealSettings, healingPolicyOf, ownContainerIdOf } from '../healing/autoheal.settings.js';
import { Healer } from '../healing/healer.js';
import { HealingMetrics } from '../healing/healing.metrics.js';
import { HealingRecord } from '../healing/healing.record.js';
import { NatsHealingEvents } from '../healing/nats.healing-events.js';
import { Inventory } from '../inventory/inventory.js';
import { InventoryWriter } from '../inventory/inventory.writer.js';
import { ContainerLanes } from '../lanes/container-lanes.js';
import { OwnActs } from '../own-acts/own-acts.js';
import { DockerContainerEngine } from '../response/docker.container-engine.js';
import { EvidenceFolder } from '../response/evidence/folder.evidence.js';
import { MitigationRecord } from '../response/mitigation.record.js';
import { NatsMitigationEvents } from '../response/nats.mitigation-events.js';
import { defaultResponsePolicy } from '../response/response-policy.js';
import { ResponseSwitch } from '../response/response-switch.js';
import { Responses } from '../response/responses.js';
import { FreedContainers } from './freed-containers.js';

/** What is promised to last for a time does so, whoever sets the clock of the host. */
const now = steadyNow;

/**
 * The parts of a supervisor, put together. They are plain classes that know nothing of Nest: what each needs of the world
 * is named in its ports, and given to it here.
 */
export const supervisionProviders: readonly FactoryProvider[] = [
  {
    provide: DockerEngine,
    inject: [SupervisorSettings],
    useFactory: ({ dockerHost }: SupervisorSettings) =>
      new DockerEngine({ dockerHost: dockerHost ?? defaultDockerHost }),
  },
  { provide: OwnActs, useFactory: () => new OwnActs(now) },
  { provide: ContainerLanes, useFactory: () => new ContainerLanes() },
  { provide: FreedContainers, useFactory: () => new FreedContainers() },
  { provide: Inventory, useFactory: () => new Inventory() },
  {
    provide: DockerContainerEngine,
    inject: [DockerEngine, OwnActs],
    useFactory: (engine: DockerEngine, ownActs: OwnActs) => new DockerContainerEngine(engine, ownActs),
  },
  {
    provide: EvidenceFolder,
    inject: [MeshSettings],
    useFactory: ({ dataDir }: MeshSettings) => new EvidenceFolder(join(dataDir, 'supervisor', 'evidence')),
  },
  {
    provide: Responses,
    inject: [
      RecordStores,
      DockerContainerEngine,
      EvidenceFolder,
      EventPublisher,
      Inventory,
      ContainerLanes,
      Redactor,
      Log,
      MeshSettings,
      SupervisorSettings,
      FreedContainers,
    ],
    useFactory: (
      stores: RecordStores,
      engine: DockerContainerEngine,
      evidence: EvidenceFolder,
      publisher: EventPublisher,
      inventory: Inventory,
      lanes: ContainerLanes,
      redactor: Redactor,
      log: Log,
      { host }: MeshSettings,
      settings: SupervisorSettings,
      freed: FreedContainers,
    ) =>
      new Responses(
        {
          store: stores.open('mitigations', MitigationRecord),
          switches: stores.open('switches', ResponseSwitch),
          engine,
          evidence,
          events: new NatsMitigationEvents(publisher),
          inventory,
          lanes,
          redact: (value) => redactor.value(value).value,
          onFree: (containerId) => freed.tell(containerId),
          log,
          now,
          random: Math.random,
        },
        {
          ...defaultResponsePolicy,
          host,
          instance: instanceOf(host),
          respondTo: settings.respondTo,
          senders: settings.senders,
          approvalFor: settings.approvalFor,
          approvalTimeoutMs: settings.approvalTimeoutSeconds * 1000,
          maxActionsPerMinute: settings.maxActionsPerMinute,
          maxContainedPercent: settings.maxContainedPercent,
          minContained: settings.minContained,
          ...meshProjectOf(settings),
        },
      ),
  },
  {
    provide: HealingMetrics,
    inject: [Registry],
    useFactory: (registry: Registry) => new HealingMetrics(registry, now),
  },
  {
    provide: Healer,
    inject: [
      RecordStores,
      DockerContainerEngine,
      EvidenceFolder,
      EventPublisher,
      Inventory,
      ContainerLanes,
      OwnActs,
      Responses,
      HealingMetrics,
      Redactor,
      Log,
      MeshSettings,
      SupervisorSettings,
      AutohealSettings,
      FreedContainers,
    ],
    useFactory: (
      stores: RecordStores,
      engine: DockerContainerEngine,
      evidence: EvidenceFolder,
      publisher: EventPublisher,
      inventory: Inventory,
      lanes: ContainerLanes,
      ownActs: OwnActs,
      responses: Responses,
      metrics: HealingMetrics,
      redactor: Redactor,
      log: Log,
      { host }: MeshSettings,
      settings: SupervisorSettings,
      autoheal: AutohealSettings,
      freed: FreedContainers,
    ) => {
      const healer = new Healer(
        {
          store: stores.open('healing', HealingRecord),
          engine: metrics.countCalls(engine),
          events: metrics.countTold(new NatsHealingEvents(publisher, host)),
          evidence,
          inventory,
          lanes,
          ownActs,
          isHeld: (containerId) => responses.inForceOn(containerId) !== undefined,
          redact: (value) => redactor.value(value).value,
          log,
          now,
          random: Math.random,
          instance: instanceOf(host),
        },
        healingPolicyOf(autoheal, { host, ...meshProjectOf(settings), ...ownContainer() }),
      );
      freed.listen((containerId) => healer.look(containerId));
      return healer;
    },
  },
  {
    provide: InventoryWriter,
    inject: [RecordStores, Inventory, MeshSettings, Log],
    useFactory: (stores: RecordStores, inventory: Inventory, { host }: MeshSettings, log: Log) =>
      new InventoryWriter(stores.open('inventory', InventoryEntry), inventory, host, log),
  },
  {
    provide: EngineWatch,
    inject: [
      DockerContainerEngine,
      Inventory,
      HealingMetrics,
      Responses,
      Healer,
      InventoryWriter,
      SupervisorSettings,
      Log,
    ],
    useFactory: (
      reader: DockerContainerEngine,
      inventory: Inventory,
      metrics: HealingMetrics,
      responses: Responses,
      healer: Healer,
      writer: InventoryWriter,
      { isHealing }: SupervisorSettings,
      log: Log,
    ) => new EngineWatch(reader, inventory, [metrics, responses, ...(isHealing ? [healer] : []), writer], log),
  },
];

function meshProjectOf({ meshProject }: SupervisorSettings): { readonly meshProject?: string } {
  return meshProject === undefined ? {} : { meshProject };
}

function ownContainer(): { readonly ownContainerId?: string } {
  const ownContainerId = ownContainerIdOf(hostname());
  return ownContainerId === undefined ? {} : { ownContainerId };
}
