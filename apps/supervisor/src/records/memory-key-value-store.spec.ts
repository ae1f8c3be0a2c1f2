import { describeKeyValueStore, SuiteRecord } from '../testing/key-value-store.suite.js';
import { MemoryKeyValueStore } from '../testing/memory-key-value-store.js';

describeKeyValueStore('memory', async () => new MemoryKeyValueStore(SuiteRecord));
