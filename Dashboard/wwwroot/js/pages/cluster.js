import { act, call, useLive } from '../api.js';
import { Chart } from '../chart.js';
import { bytes, number, percent, time } from '../format.js';
import { html } from '../html.js';
import { nodeRates, replicaRates } from '../rates.js';

export function ClusterPage() {
  const cluster = useLive('/v2/cluster'), scores = useLive('/v2/agent/scores', 5000);
  const state = cluster.value;
  if (!state) return html`<h2>Cluster</h2><p class="quiet">${cluster.error?.message ?? 'Loading…'}</p>`;
  const replicas = replicaRates(cluster), links = nodeRates(cluster);
  return html`
    <h2>Cluster</h2>
    <p class="quiet" data-observed=${state.observed_at}>As of ${time(state.observed_at)}: ${state.nodes.length} nodes, plan ${state.epoch}, the director lives on ${state.director}; ${number(replicas.reduce((sum, each) => sum + each.perSecond, 0))} requests/s</p>
    <div class="grid" data-test="nodes">${state.nodes.map(node => html`<${Node} key=${node.name} node=${node} replicas=${replicas.filter(each => each.node === node.name)} link=${links.get(node.name)} />`)}</div>
    <${Scores} scores=${scores.value?.scores ?? []} />`;
}

function Node({ node, replicas, link }) {
  const memory = node.memory_bytes ? node.memory_reserved_bytes / node.memory_bytes : 0;
  const drain = on => act(`${on ? 'drain' : 'fill again'} ${node.name}`, () => call('POST', `/v2/cluster/nodes/${encodeURIComponent(node.name)}/${on ? 'drain' : 'undrain'}`, {}), () => drain(!on));
  return html`
    <section class="card" aria-label="node ${node.name}" data-node=${node.name}>
      <div class="row"><h3>${node.name}</h3><span class=${node.draining ? 'warn' : node.ready ? 'good' : 'bad'}>${node.draining ? 'draining' : node.ready ? 'ready' : 'not ready'}</span></div>
      <div class="quiet">${node.cores} cores, ${node.devices.map(device => device.replace('ExecutionProvider', '')).join(', ')}${node.link_mbps ? `, ${number(node.link_mbps)} Mbit/s` : ''}</div>
      <label>CPU ${percent(node.cpu_share)}<meter aria-label="CPU of ${node.name}" min="0" max="1" high="0.85" value=${node.cpu_share}></meter></label>
      <label>Memory for models ${bytes(node.memory_reserved_bytes)} of ${bytes(node.memory_bytes)}<meter aria-label="memory of ${node.name}" min="0" max="1" high="0.9" value=${memory}></meter></label>
      <div class="quiet">to other nodes ${number(link.sent)} requests/s (${bytes(link.sentBytes)}/s), from them ${number(link.got)}/s (${bytes(link.gotBytes)}/s)</div>
      <div>${replicas.map(each => html`<a class="chip" href="#/models/${encodeURIComponent(each.model)}" key=${each.model + each.version}>${each.model} v${each.version}: ${number(each.perSecond)}/s${each.queued ? `, ${each.queued} wait` : ''}</a>`)}</div>
      <button onClick=${() => drain(!node.draining)}>${node.draining ? 'Fill again' : 'Drain'}<span hidden> ${node.name}</span></button>
    </section>`;
}

function Scores({ scores }) {
  if (scores.length < 2) return html`<p class="quiet">C, D, N and the objectives' budget over time appear here after ten seconds.</p>`;
  const times = scores.map(point => Date.parse(point.at) / 1000);
  // A budget of one request in a hundred: 1 is as fast as it lasts.
  const burn = scores.map(point => point.attainment < 0 ? null : (1 - point.attainment) / 0.01);
  return html`
    <div class="wide">
      <section class="card"><h3>C, D and N</h3><${Chart} label="C, D and N" times=${times} max=${1.05} series=${[{ label: 'C', values: scores.map(point => point.c) }, { label: 'D', values: scores.map(point => point.d) }, { label: 'N', values: scores.map(point => point.n) }]} /></section>
      <section class="card"><h3>Requests and budget</h3><${Chart} label="requests a second" times=${times} series=${[{ label: 'requests/s', values: scores.map(point => point.requests_per_second) }]} /><${Chart} label="SLO burn" times=${times} series=${[{ label: 'SLO burn (99 %)', values: burn }]} /></section>
    </div>`;
}
