import { apps, isAppName, markdownCode, markdownPage } from '@sentinel-forge/contracts';
import { permissionsOf } from './permissions.js';
import { meshUsers, tools } from './users.js';

/** `docs/reference/permissions.md`: who may do what at the nats-server, from the registry. */
export function renderPermissionsReference(): string {
  const host = 'HOST';
  return markdownPage('Permissions', 'the registry (libs/contracts/src/registry)', [
    `Every app is a user of its own at the nats-server, in an account of its own, and so are the tools; what is not listed is refused. Of supervisor there is one
for each Docker host, here \`${host}\`. Whoever has no credentials has no rights, but for the mesh of \`npm start\`, where such a
client on loopback may publish \`defend.>\` and subscribe to events.`,
    ...meshUsers([host]).map((user) => {
      const { publish, subscribe, answersRequests } = permissionsOf(user, [host]);
      return [
        `## ${user.name}`,
        isAppName(user.role) ? apps[user.role].summary : tools[user.role],
        `Publishes: ${publish.map(markdownCode).join(', ')}${answersRequests ? '; and answers to what it is asked' : ''}`,
        `Subscribes: ${subscribe.map(markdownCode).join(', ')}`,
      ].join('\n\n');
    }),
  ]);
}
