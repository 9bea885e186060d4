import { seconds } from './api.js';

// What each replica did since the last look, by model and node.
export function replicaRates(state) {
  const now = state.value, before = state.previous, span = seconds(state), rates = new Map();
  for (const node of now?.nodes ?? []) {
    const old = before?.nodes.find(other => other.name === node.name);
    for (const replica of node.replicas) {
      const last = old?.replicas.find(other => other.model === replica.model && other.version === replica.version);
      const since = key => last && span > 0 ? Math.max(0, replica[key] - last[key]) : 0;
      const [requests, rows, runs, run, violations] = ['requests', 'rows', 'runs', 'run_seconds', 'violations'].map(since);
      rates.set(`${replica.model}/${replica.version}@${node.name}`, {
        ...replica, node: node.name, perSecond: span ? requests / span : 0, batch: runs ? rows / runs : 0, runMs: runs ? 1000 * run / runs : 0,
        inTime: requests ? 1 - Math.min(1, violations / requests) : -1, busy: span ? run / span : 0,
      });
    }
  }
  return [...rates.values()];
}

export function nodeRates(state) {
  const span = seconds(state);
  return new Map((state.value?.nodes ?? []).map(node => {
    const old = state.previous?.nodes.find(other => other.name === node.name);
    const rate = key => old && span ? Math.max(0, node[key] - old[key]) / span : 0;
    return [node.name, { sent: rate('requests_forwarded'), got: rate('requests_served'), sentBytes: rate('bytes_forwarded'), gotBytes: rate('bytes_served') }];
  }));
}
