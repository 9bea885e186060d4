import { useState } from '../vendor/hooks.js';
import { call, changed, refresh, session } from './api.js';
import { html } from './html.js';

export function Login() {
  const [key, setKey] = useState(''), [error, setError] = useState(null);
  const send = async event => {
    event.preventDefault();
    try {
      await call('POST', '/dashboard/login', { key });
      session.needsLogin = false;
      await whoAmI();
      refresh();
    } catch (problem) {
      setError(problem.message);
    }
  };
  return html`<form class="card" onSubmit=${send}><h2>Log in</h2><label for="key">API key or access token</label><input id="key" type="password" autocomplete="current-password" required value=${key} onInput=${event => setKey(event.target.value)} />
    <p><button class="primary" type="submit">Log in</button></p>${error ? html`<p class="bad" role="alert">${error}</p>` : ''}</form>`;
}

export const whoAmI = async () => {
  session.who = await call('GET', '/dashboard/session');
  session.needsLogin = session.who.asks_for_keys && !session.who.is_logged_in;
  changed();
};

export const logout = async () => { await call('POST', '/dashboard/logout', {}); await whoAmI(); };
