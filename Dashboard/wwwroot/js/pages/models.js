import { useRef, useState } from '../../vendor/hooks.js';
import { act, call, useLive } from '../api.js';
import { bytes, ms, number, percent } from '../format.js';
import { html } from '../html.js';
import { replicaRates } from '../rates.js';

const load = name => call('POST', `/v2/repository/models/${encodeURIComponent(name)}/load`, {});
const unload = name => call('POST', `/v2/repository/models/${encodeURIComponent(name)}/unload`, {});

export function ModelsPage() {
  const cluster = useLive('/v2/cluster'), index = useLive('/v2/repository/index', 2000, 'POST'), stats = useLive('/v2/models/stats', 900);
  const replicas = replicaRates(cluster), entries = index.value ?? [];
  return html`
    <div class="row"><h2>Models</h2><${Upload} /></div>
    <div class="card scroll" tabindex="0"><table><caption>What the repository has, and what the cluster serves</caption>
      <thead><tr><th scope="col">model</th><th scope="col">version</th><th scope="col">state</th><th scope="col" class="n">replicas</th><th scope="col" class="n">requests/s</th><th scope="col" class="n">in time</th><th scope="col" class="n">rows a run</th><th scope="col" class="n">run</th><th scope="col" class="n">waiting</th><th scope="col" class="n">errors here</th><th scope="col" class="n">memory</th><th scope="col">actions</th></tr></thead>
      <tbody>${entries.map(entry => html`<${Row} key=${entry.name + entry.version} entry=${entry} replicas=${replicas.filter(each => each.model === entry.name && (!entry.version || each.version === entry.version))} stats=${stats.value?.model_stats.find(each => each.name === entry.name && each.version === entry.version)} />`)}</tbody>
    </table></div>`;
}

function Row({ entry, replicas, stats }) {
  const sum = key => replicas.reduce((total, each) => total + each[key], 0), ready = entry.state === 'READY', busy = replicas.filter(each => each.batch > 0);
  const flip = () => ready ? act(`unload ${entry.name}`, () => unload(entry.name), () => act(`load ${entry.name}`, () => load(entry.name))) : act(`load ${entry.name}`, () => load(entry.name), () => act(`unload ${entry.name}`, () => unload(entry.name)));
  const inTime = replicas.filter(each => each.inTime >= 0);
  return html`<tr data-model=${entry.name}>
    <th scope="row"><a href="#/models/${encodeURIComponent(entry.name)}">${entry.name}</a></th><td>${entry.version ?? ''}</td>
    <td><span class=${ready ? 'good' : entry.reason ? 'bad' : 'quiet'}>${entry.state ?? 'not loaded'}</span>${entry.reason ? html`<div class="quiet">${entry.reason}</div>` : ''}</td>
    <td class="n">${replicas.length}</td><td class="n">${number(sum('perSecond'))}</td><td class="n">${inTime.length ? percent(inTime.reduce((total, each) => total + each.inTime, 0) / inTime.length) : '–'}</td>
    <td class="n">${busy.length ? number(busy.reduce((total, each) => total + each.batch, 0) / busy.length) : '–'}</td><td class="n">${busy.length ? ms(busy.reduce((total, each) => total + each.runMs, 0) / busy.length) : '–'}</td>
    <td class="n">${sum('queued')}</td><td class="n">${stats?.inference_stats.fail.count ?? 0}</td><td class="n">${bytes(sum('memory_bytes'))}</td>
    <td><button onClick=${flip} aria-label="${ready ? 'unload' : 'load'} ${entry.name}">${ready ? 'Unload' : 'Load'}</button></td></tr>`;
}

function Upload() {
  const dialog = useRef(null), [name, setName] = useState(''), [file, setFile] = useState(null), [config, setConfig] = useState('');
  const send = async event => {
    event.preventDefault();
    const data = new Uint8Array(await file.arrayBuffer());
    let text = '';
    for (let at = 0; at < data.length; at += 0x8000) text += String.fromCharCode(...data.subarray(at, at + 0x8000));
    const parameters = { 'file:1/model.onnx': btoa(text) };
    // An uploaded model comes with its configuration; an empty one is completed from the file.
    parameters.config = config.trim() || '{}';
    dialog.current.close();
    await act(`upload ${name}`, () => call('POST', `/v2/repository/models/${encodeURIComponent(name)}/load`, { parameters }), () => act(`unload ${name}`, () => unload(name)));
  };
  return html`
    <button onClick=${() => dialog.current.showModal()}>Upload a model</button>
    <dialog ref=${dialog} aria-labelledby="upload-title"><form onSubmit=${send}>
      <h3 id="upload-title">Upload a model</h3>
      <label for="upload-name">Name</label><input id="upload-name" required pattern="[A-Za-z0-9_.\\-]+" value=${name} onInput=${event => setName(event.target.value)} />
      <label for="upload-file">ONNX file</label><input id="upload-file" type="file" accept=".onnx" required onChange=${event => setFile(event.target.files[0])} />
      <label for="upload-config">Configuration, as JSON (may be empty)</label><textarea id="upload-config" value=${config} onInput=${event => setConfig(event.target.value)}></textarea>
      <div class="row"><button class="primary" type="submit">Upload and load</button><button type="button" onClick=${() => dialog.current.close()}>Cancel</button></div>
    </form></dialog>`;
}
