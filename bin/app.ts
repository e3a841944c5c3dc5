import { orPrintMistakes } from '../config/stage-error.ts';
import { bridgeApp } from '../lib/bridge-app.ts';

const { stages } = await orPrintMistakes(import('../config/index.ts'));
bridgeApp({ stages, warn: true }).synth();
