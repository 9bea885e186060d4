// A module that does not come leaves the page empty: this says so, and begins again.
addEventListener('error', event => {
  if (!(event.target instanceof HTMLScriptElement)) return;
  const text = document.querySelector('#app p');
  if (text) text.textContent = 'The dashboard did not load; trying again…';
  setTimeout(() => location.reload(), 2000);
}, true);
