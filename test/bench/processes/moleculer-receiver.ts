// moleculer over its NATS transporter, used as its documentation shows: nothing is acknowledged, nothing survives a restart.
// One argument: the JSON of ReceiverOptions. Prints the rate when everything has come.
import { ServiceBroker } from 'moleculer';
import { ReceivedRate } from './received-rate.js';

const rate = ReceivedRate.fromArguments();
const broker = new ServiceBroker({
  nodeID: 'receiver',
  transporter: { type: 'NATS', options: { url: rate.options.url } },
  logger: false,
});
broker.createService({
  name: 'telemetry',
  events: {
    'peer.**': (context: { readonly params: { readonly severity?: number } }) => {
      rate.count(context.params.severity ?? 0);
    },
  },
});
await broker.start();
rate.ready();
