import { useState } from '../../vendor/hooks.js';
import { act, call, useLive } from '../api.js';
import { bytes, ms, number, percent } from '../format.js';
import { html } from '../html.js';
import { replicaRates } from '../rates.js';
import { imageTensor, valuesFor } from '../tensors.js';

export function ModelPage({ name }) {
  const cluster = useLive('/v2/cluster'), requests = useLive(`/v2/requests?limit=1000&model=${encodeURIComponent(name)}`, 900), meta = useLive(`/v2/models/${encodeURIComponent(name)}`, 60000);
  const replicas = replicaRates(cluster).filter(each => each.model === name), plan = cluster.value?.models.find(model => model.name === name);
  return html`
    <h2>${name}</h2>
    <div class="wide">
      <section class="card scroll" tabindex="0"><table><caption>Replicas</caption><thead><tr><th scope="col">node</th><th scope="col">version</th><th scope="col" class="n">requests/s</th><th scope="col" class="n">in time</th><th scope="col" class="n">rows a run</th><th scope="col" class="n">run</th><th scope="col" class="n">at once</th><th scope="col" class="n">memory</th></tr></thead>
        <tbody>${replicas.map(each => html`<tr key=${each.node}><th scope="row">${each.node}</th><td>${each.version}</td><td class="n">${number(each.perSecond)}</td><td class="n">${percent(each.inTime)}</td><td class="n">${each.batch ? number(each.batch) : '–'}</td><td class="n">${each.runMs ? ms(each.runMs) : '–'}</td><td class="n">${each.instances}</td><td class="n">${bytes(each.memory_bytes)}</td></tr>`)}</tbody></table>
        ${(plan?.refusals ?? []).map(reason => html`<p class="warn">${reason}</p>`)}
        <${Pin} name=${name} plan=${plan} nodes=${(cluster.value?.nodes ?? []).map(node => node.name)} /></section>
      <section class="card"><h3>Latency of the last requests at this node</h3><${Histogram} requests=${requests.value?.requests ?? []} /></section>
      <section class="card"><h3>Try it</h3>${meta.value ? html`<${Try} key=${meta.value.name} name=${name} meta=${meta.value} />` : html`<p class="quiet">${meta.error?.message ?? 'Loading…'}</p>`}</section>
    </div>`;
}

function Pin({ name, plan, nodes }) {
  const path = `/v2/cluster/models/${encodeURIComponent(name)}`, unpin = () => call('POST', `${path}/unpin`, {});
  const pin = node => act(`pin ${name} to ${node}`, () => call('POST', `${path}/pin`, { nodes: [node] }), () => act(`unpin ${name}`, unpin));
  return html`<div class="row"><span>${plan?.pinned ? 'Pinned.' : 'Placed by the agent.'} Pin to</span>${nodes.map(node => html`<button key=${node} onClick=${() => pin(node)}>${node}</button>`)}
    ${plan?.pinned ? html`<button onClick=${() => act(`unpin ${name}`, unpin)}>Unpin</button>` : ''}</div>`;
}

function Histogram({ requests }) {
  const times = requests.filter(request => request.outcome === 'success').map(request => request.total_us / 1000);
  if (times.length === 0) return html`<p class="quiet">No request yet.</p>`;
  const bins = 24, low = Math.log10(Math.max(0.01, Math.min(...times))), high = Math.max(low + 0.1, Math.log10(Math.max(...times))), counts = Array(bins).fill(0);
  for (const each of times) counts[Math.min(bins - 1, Math.floor(bins * (Math.log10(Math.max(0.01, each)) - low) / (high - low)))]++;
  const sorted = [...times].sort((a, b) => a - b), at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))], most = Math.max(...counts);
  return html`
    <div class="bars" role="img" aria-label="histogram of ${times.length} requests: median ${ms(at(0.5))}, 99th percentile ${ms(at(0.99))}">${counts.map((count, i) => html`<div key=${i} style=${{ height: `${100 * count / most}%` }} title="${ms(10 ** (low + (high - low) * i / bins))}: ${count}"></div>`)}</div>
    <div class="barlabels"><span>${ms(10 ** low)}</span><span>${ms(10 ** high)}</span></div>
    <p>p50 ${ms(at(0.5))}, p90 ${ms(at(0.9))}, p99 ${ms(at(0.99))} of ${times.length} requests</p>`;
}

function Try({ name, meta }) {
  // A sample from the first drawing on: one that came later would take the place of what was typed meanwhile.
  const [values, setValues] = useState(() => Object.fromEntries(meta.inputs.map(input => [input.name, valuesFor(input)]))), [answer, setAnswer] = useState(null), [error, setError] = useState(null);
  const set = (input, text) => setValues(old => ({ ...old, [input]: text }));
  const picture = async (input, file) => { try { set(input.name, await imageTensor(input, file)); setError(null); } catch (problem) { setError(problem.message); } };
  const send = async event => {
    event.preventDefault();
    try {
      const inputs = meta.inputs.map(input => ({ name: input.name, datatype: input.datatype, ...JSON.parse(values[input.name]) }));
      const begun = performance.now(), result = await call('POST', `/v2/models/${encodeURIComponent(name)}/infer`, { inputs });
      setAnswer({ result, ms: performance.now() - begun });
      setError(null);
    } catch (problem) {
      setError(problem.message);
    }
  };
  return html`<form onSubmit=${send}>
    ${meta.inputs.map(input => html`<div key=${input.name}>
      <label for="try-${input.name}">${input.name} <span class="quiet">${input.datatype} [${input.shape.join(', ')}]</span></label>
      <textarea id="try-${input.name}" value=${values[input.name] ?? ''} onInput=${event => set(input.name, event.target.value)}></textarea>
      ${input.shape.length >= 3 ? html`<label for="picture-${input.name}">from a picture</label><input id="picture-${input.name}" type="file" accept="image/*" onChange=${event => picture(input, event.target.files[0])} />` : ''}
      ${input.datatype === 'BYTES' ? html`<label for="text-${input.name}">from a text</label><input id="text-${input.name}" onInput=${event => set(input.name, JSON.stringify({ shape: input.shape.map(size => Math.max(1, size)), data: [event.target.value] }))} />` : ''}
    </div>`)}
    <button class="primary" type="submit">Send</button>
    ${error ? html`<p class="bad" role="alert">${error}</p>` : ''}
    ${answer ? html`<div aria-live="polite"><p>Answered in ${ms(answer.ms)}</p>${answer.result.outputs.map(output => html`<pre data-output=${output.name}>${output.name} ${output.datatype} [${output.shape.join(', ')}]: ${JSON.stringify(output.data.slice(0, 200))}${output.data.length > 200 ? ' …' : ''}</pre>`)}</div>` : ''}
  </form>`;
}
