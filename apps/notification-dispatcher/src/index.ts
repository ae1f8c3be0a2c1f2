export { channelReference } from './channels/channel-reference.js';
export { channelDescriptions } from './channels/channels.js';
export { defaultRoutesPath } from './config.js';
export type { NoticePage } from './notices/notices.controller.js';
export { parseRoutes } from './routing/routes.file.js';
export { describeRoutes } from './routing/routing.service.js';
export { service } from './service.js';
