import { stages } from '../config/index.ts';
import { bridgeApp } from '../lib/bridge-app.ts';

bridgeApp({ stages, warn: true }).synth();
