// Runs before the page is painted: light or dark, as chosen here or else as the system says.
(() => {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const apply = () => {
    let chosen = null;
    try { chosen = localStorage.getItem('axle-theme'); } catch { /* Storage is off: follow the system. */ }
    const theme = chosen === 'light' || chosen === 'dark' ? chosen : system.matches ? 'dark' : 'light';
    document.documentElement.setAttribute('data-bs-theme', theme);
    document.dispatchEvent(new CustomEvent('axle:theme'));
  };
  system.addEventListener('change', apply);
  document.addEventListener('axle:apply-theme', apply);
  apply();
})();
