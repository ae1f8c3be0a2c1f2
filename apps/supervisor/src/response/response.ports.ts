import type { Log } from '@sentinel-forge/contracts';
import type { Now } from '../agenda/alarm-clock.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ContainerLanes } from '../lanes/container-lanes.js';
import type { KeyValueStore } from '../records/key-value-store.port.js';
import type { ContainerEngine } from './container-engine.port.js';
import type { EvidenceStore } from './evidence/evidence.port.js';
import type { Redact } from './evidence/redact-evidence.js';
import type { MitigationRecord } from './mitigation.record.js';
import type { MitigationEvents } from './mitigation-events.port.js';
import type { ResponseSwitch } from './response-switch.js';

/** What responses need of the world. */
export interface ResponsePorts {
  readonly store: KeyValueStore<MitigationRecord>;
  readonly switches: KeyValueStore<ResponseSwitch>;
  readonly engine: ContainerEngine;
  readonly evidence: EvidenceStore;
  readonly events: MitigationEvents;
  readonly inventory: Inventory;
  /** Shared with the healer: the two never work on one container at the same time. */
  readonly lanes: ContainerLanes;
  readonly redact: Redact;
  /** Told of a container that is held no more. */
  readonly onFree?: (containerId: string) => void;
  readonly log: Log;
  readonly now: Now;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}
