import { act, call, useLive } from '../api.js';
import { ms, number, percent, time, words } from '../format.js';
import { html } from '../html.js';

const modes = { act: 'acts by itself', advise: 'asks for consent', shadow: 'only writes down', off: 'off' };

export function AgentPage() {
  const agent = useLive('/v2/agent?limit=50', 900), policies = useLive('/v2/agent/policies', 5000), state = agent.value;
  if (!state) return html`<h2>Agent</h2><p class="quiet">${agent.error?.message ?? 'Loading…'}</p>`;
  const set = (mode, before) => act(`the agent ${modes[mode]}`, () => call('POST', '/v2/agent/mode', { mode }), () => set(before, mode));
  return html`
    <h2>Agent</h2>
    <div class="wide">
      <section class="card">
        <div class="row"><label for="mode">Mode</label><select id="mode" value=${state.mode} onChange=${event => set(event.target.value, state.mode)}>${Object.entries(modes).map(([mode, what]) => html`<option key=${mode} value=${mode}>${mode}: ${what}</option>`)}</select>
          ${state.is_stopped ? html`<span class="bad">stopped after too many rollbacks</span><button onClick=${() => act('let the agent go on', () => call('POST', '/v2/agent/resume', {}))}>Let it go on</button>` : ''}</div>
        <p><span class="big">${percent(state.attainment)}</span> of ${number(state.requests_per_second)} requests/s are in time</p>
        <table><caption>What it expects</caption><thead><tr><th scope="col">model</th><th scope="col" class="n">rows/s</th><th scope="col" class="n">peak</th><th scope="col">a row takes, by node</th></tr></thead>
          <tbody>${state.inputs.map(input => html`<tr key=${input.model}><th scope="row">${input.model}</th><td class="n">${number(input.rows_per_second)}</td><td class="n">${number(input.peak_rows_per_second)}</td><td>${Object.entries(input.seconds_per_row).map(([node, value]) => `${node} ${ms(value * 1000)}`).join(', ')}</td></tr>`)}</tbody></table>
        <h3>Learned policy</h3>
        <p>${state.policy ? `policy ${state.policy} is in force, and departed from the default in ${percent(state.policy_departures)} of its decisions` : 'none: the planner decides alone'}</p>
        ${(policies.value?.policies ?? []).map(policy => html`<div class="row" key=${policy.number}><span>${policy.number}${policy.is_current ? ' (in force)' : ''}: ${policy.report || policy.provenance}</span></div>`)}
        ${(policies.value?.policies ?? []).some(policy => policy.is_current) ? html`<button onClick=${() => act('take the policy back', () => call('POST', '/v2/agent/policies/rollback', {}))}>Take it back</button>` : ''}
      </section>
      <section class="card"><h3>Decisions</h3>
        ${state.decisions.length === 0 ? html`<p class="quiet">None yet: it decides every 15 seconds while requests come.</p>` : ''}
        <ol class="timeline" data-test="decisions">${state.decisions.map(decision => html`<${Decision} key=${decision.id} decision=${decision} />`)}</ol></section>
    </div>`;
}

function Decision({ decision }) {
  const answer = what => act(`${what} decision ${decision.id}`, () => call('POST', `/v2/agent/decisions/${decision.id}/${what}`, {}));
  return html`<li class=${decision.outcome} data-decision=${decision.id}>
    <div><strong>${words(decision.outcome)}</strong> <span class="quiet">#${decision.id}, ${time(decision.at)}</span></div>
    <div>${decision.summary}</div>
    ${decision.attainment_before >= 0 ? html`<div class="quiet">in time before ${percent(decision.attainment_before)}, expected ${decision.expected_gain >= 0 ? '+' : ''}${(decision.expected_gain * 100).toFixed(1)} points${decision.attainment_after >= 0 ? `, measured after ${percent(decision.attainment_after)}` : ''}</div>` : ''}
    ${decision.outcome === 'advised' ? html`<div class="row"><button class="primary" onClick=${() => answer('approve')}>Approve</button><button onClick=${() => answer('refuse')}>Refuse</button></div>` : ''}
    ${decision.candidates.length > 0 ? html`<details><summary>${decision.candidates.length} candidates</summary><ul>${decision.candidates.map(candidate => html`<li key=${candidate.name}>${candidate.name}: expects ${percent(candidate.attainment)}${candidate.trial_attainment >= 0 ? `, in the twin ${percent(candidate.trial_attainment)}` : ''}${candidate.refusal ? html`<span class="quiet">; ${candidate.refusal}</span>` : ''}</li>`)}</ul></details>` : ''}
  </li>`;
}
