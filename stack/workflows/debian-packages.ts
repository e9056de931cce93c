/** `sudo node stack/workflows/debian-packages.ts`: what tests take from Debian, on a machine where they run as somebody else. */
import { installDebianPackages } from '../checks/debian-packages.ts';

installDebianPackages();
