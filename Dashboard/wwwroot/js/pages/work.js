import { act, call, useLive } from '../api.js';
import { number, time, words } from '../format.js';
import { html } from '../html.js';

export function TenantsPage() {
  const tenants = useLive('/v2/tenants', 900);
  return html`<h2>Tenants</h2><div class="card scroll" tabindex="0"><table><caption>Since this node started</caption><thead><tr><th scope="col">tenant</th><th scope="col" class="n">let in</th><th scope="col" class="n">over quota</th><th scope="col" class="n">over share</th><th scope="col" class="n">overloaded</th><th scope="col" class="n">under way</th></tr></thead>
    <tbody>${(tenants.value?.tenants ?? []).map(each => html`<tr key=${each.tenant}><th scope="row">${each.tenant}</th><td class="n">${number(each.admitted)}</td><td class="n">${number(each.over_quota)}</td><td class="n">${number(each.over_share)}</td><td class="n">${number(each.overloaded)}</td><td class="n">${each.outstanding}</td></tr>`)}</tbody></table></div>`;
}

export function JobsPage() {
  const jobs = useLive('/v2/jobs', 900);
  const tell = (job, what) => act(`${what} job ${job.id}`, () => call('POST', `/v2/jobs/${encodeURIComponent(job.id)}/${what}`, {}), what === 'pause' ? () => tell(job, 'resume') : undefined);
  return html`<h2>Jobs</h2><div class="card scroll" tabindex="0"><table><caption>Files that are run through models, below online requests</caption><thead><tr><th scope="col">job</th><th scope="col">model</th><th scope="col">state</th><th scope="col">progress</th><th scope="col">began</th><th scope="col">actions</th></tr></thead>
    <tbody>${(jobs.value?.jobs ?? []).map(job => html`<tr key=${job.id}><th scope="row">${job.id}<div class="quiet">${job.input} → ${job.output}</div></th><td>${job.model}</td><td class=${job.error ? 'bad' : ''}>${words(job.state)}${job.error ? `: ${job.error}` : ''}</td>
      <td><progress aria-label="progress of ${job.id}" max="1" value=${job.rows ? job.rows_done / job.rows : 0}></progress> ${number(job.rows_done, 0)} of ${number(job.rows, 0)} rows</td><td>${time(job.started)}</td>
      <td class="row">${job.state === 'running' ? html`<button onClick=${() => tell(job, 'pause')}>Pause</button>` : ''}${job.state === 'paused' ? html`<button onClick=${() => tell(job, 'resume')}>Go on</button>` : ''}${['running', 'paused', 'planning'].includes(job.state) ? html`<button onClick=${() => tell(job, 'cancel')}>Cancel</button>` : ''}</td></tr>`)}</tbody></table>
    ${jobs.value?.jobs.length === 0 ? html`<p class="quiet">No job. Start one: <code>oinf jobs start MODEL INPUT OUTPUT</code></p>` : ''}</div>`;
}

const scenarios = [
  ['cloud', 'Cloud multi-tenant', 'many models, few of them popular, which ones changes'],
  ['bigdata', 'Big-data bulk', 'large requests in waves beside small ones'],
  ['trading', 'Trading', 'tight deadlines, bursts of a second'],
  ['social', 'Social feed', 'ranking and vision models, a daily swell in minutes, crowds'],
  ['ads', 'Online advertising', 'many small click predictions, few image encodings'],
];

export function ScenariosPage() {
  return html`<h2>Scenarios</h2><p>Each command starts a local cluster of its own, drives the scenario's traffic and shows the agent off against the agent on, with a plot; the second asks the simulator instead.</p>
    <div class="grid">${scenarios.map(([name, title, what]) => html`<section class="card" key=${name}><h3>${title}</h3><p>${what}</p><pre>oinf scenario ${name}</pre><pre>oinf simulate --scenario ${name} --nodes 4</pre></section>`)}</div>`;
}
