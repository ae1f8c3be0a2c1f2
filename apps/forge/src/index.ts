export { renderCliReference } from './cli/reference.js';
