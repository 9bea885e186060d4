import { useState } from '../../vendor/hooks.js';
import { useLive } from '../api.js';
import { ms, time, words } from '../format.js';
import { html } from '../html.js';

export function RequestsPage() {
  const [model, setModel] = useState(''), index = useLive('/v2/repository/index', 5000, 'POST');
  const log = useLive(`/v2/requests?limit=100${model ? `&model=${encodeURIComponent(model)}` : ''}`, 900), names = [...new Set((index.value ?? []).map(entry => entry.name))];
  return html`
    <h2>Requests</h2>
    <label for="of-model">Model</label><select id="of-model" value=${model} onChange=${event => setModel(event.target.value)}><option value="">all</option>${names.map(name => html`<option key=${name} value=${name}>${name}</option>`)}</select>
    <div class="card scroll" tabindex="0"><table><caption>The slowest of the last requests at this node, and why they waited</caption>
      <thead><tr><th scope="col">came</th><th scope="col">model</th><th scope="col">outcome</th><th scope="col" class="n">rows</th><th scope="col" class="n">in all</th><th scope="col" class="n">waited</th><th scope="col" class="n">ran</th><th scope="col" class="n">rows of the run</th><th scope="col">why</th></tr></thead>
      <tbody>${(log.value?.requests ?? []).map((request, i) => html`<tr key=${i}><td>${time(request.arrival)}</td><td>${request.model_name} v${request.model_version}</td><td class=${request.outcome === 'success' ? '' : 'bad'}>${words(request.outcome)}</td><td class="n">${request.rows}</td><td class="n">${ms(request.total_us / 1000)}</td><td class="n">${ms(request.queue_us / 1000)}</td><td class="n">${ms(request.compute_infer_us / 1000)}</td><td class="n">${request.batch_size}</td><td>${request.reason}</td></tr>`)}</tbody>
    </table>${log.value?.requests.length === 0 ? html`<p class="quiet">No request yet.</p>` : ''}</div>`;
}
