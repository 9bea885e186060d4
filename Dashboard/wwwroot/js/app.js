import { render } from '../vendor/preact.js';
import { useEffect, useState } from '../vendor/hooks.js';
import { changed, session, useSession } from './api.js';
import { html } from './html.js';
import { Login, logout, whoAmI } from './login.js';
import { AgentPage } from './pages/agent.js';
import { ClusterPage } from './pages/cluster.js';
import { ModelPage } from './pages/model.js';
import { ModelsPage } from './pages/models.js';
import { RequestsPage } from './pages/requests.js';
import { JobsPage, ScenariosPage, TenantsPage } from './pages/work.js';

const pages = { '': ['Cluster', ClusterPage], models: ['Models', ModelsPage], requests: ['Requests', RequestsPage], agent: ['Agent', AgentPage], tenants: ['Tenants', TenantsPage], jobs: ['Jobs', JobsPage], scenarios: ['Scenarios', ScenariosPage] };

function App() {
  const [hash, setHash] = useState(location.hash), state = useSession();
  useEffect(() => {
    const move = () => { setHash(location.hash); document.getElementById('content')?.focus(); };
    addEventListener('hashchange', move);
    return () => removeEventListener('hashchange', move);
  }, []);
  useEffect(() => { whoAmI(); }, []);
  const [page = '', name] = hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent), [title, Page] = pages[page] ?? pages[''];
  useEffect(() => { document.title = `${name ?? title} – OrleansInference`; });
  const undo = async () => { const { run } = state.undo; session.undo = null; changed(); await run(); session.undo = null; changed(); };
  return html`
    <header><h1>OrleansInference</h1>
      <nav aria-label="pages">${Object.entries(pages).map(([path, [label]]) => html`<a key=${path} href="#/${path}" aria-current=${path === page ? 'page' : undefined}>${label}</a>`)}</nav>
      <span class="spacer"></span>
      ${state.undo ? html`<button onClick=${undo}>Undo: ${state.undo.what}</button>` : ''}
      <a href="/orleans/">Orleans</a>
      ${state.who?.is_logged_in ? html`<span class="quiet">${state.who.tenant} (${state.who.role})</span><button onClick=${logout}>Log out</button>` : ''}</header>
    <main id="content" tabindex="-1">
      <div aria-live="polite">${state.notice ? html`<p class=${`notice ${state.notice.bad ? 'bad' : ''}`}>${state.notice.text}</p>` : ''}</div>
      ${state.needsLogin ? html`<${Login} />` : page === 'models' && name ? html`<${ModelPage} key=${name} name=${name} />` : html`<${Page} key=${page} />`}
    </main>`;
}

document.getElementById('app').replaceChildren();
render(html`<${App} />`, document.getElementById('app'));
