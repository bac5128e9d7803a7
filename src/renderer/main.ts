import '@fontsource-variable/inter/wght.css';
import './styles/tokens.css';
import './styles/base.css';

import { createPinia } from 'pinia';
import { createApp } from 'vue';
import { config } from 'zod';

import { connectEngine, connection } from './api/engine.ts';
import { guardLeaving } from './api/unsaved.ts';
import App from './App.vue';
import { listenForKeys } from './commands/keyboard.ts';
import { router } from './router.ts';

// The page's policy forbids code made from text, which zod would otherwise try.
config({ jitless: true });

// A newer build took the place of the one that this page came from; without the server a reload would end the page.
window.addEventListener('vite:preloadError', () => {
  if (connection.value.kind === 'connected') location.reload();
});

connectEngine();
guardLeaving();
listenForKeys();
createApp(App).use(createPinia()).use(router).mount('#app');
