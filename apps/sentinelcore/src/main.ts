import { main } from '@sentinel-forge/chassis';
import { service } from './service.js';

await main(service);
