"""``make demo``: draw faces, train a small PFLD-GhostOne on them, measure it, show the result."""

import json
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONFIG = 'configs/pfld_ghostone_synthetic.py'
FACES = 'data/synthetic_faces'
WORK_DIR = Path('work_dirs/demo')


def run(title: str, *command: str) -> None:
    """Run one step with this Python; stop if it fails."""
    print(f'\n== {title}\n$ python {" ".join(command)}', flush=True)
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def best_checkpoint() -> Path:
    """The newest checkpoint that validation called best."""
    return max((ROOT / WORK_DIR).glob('best_NME_*.pth'), key=lambda path: path.stat().st_mtime)


def main() -> None:
    """Run the demo; a second run goes on where the first one stopped."""
    start = time.monotonic()
    run('draw 2,200 faces', '-m', 'pfld_mm.synth.faces', FACES, '--workers', '2')
    run('train', 'tools/train.py', CONFIG, '--work-dir', str(WORK_DIR), '--resume')
    checkpoint = best_checkpoint().relative_to(ROOT)
    run(
        'measure', 'tools/test.py', CONFIG, str(checkpoint), '--work-dir', str(WORK_DIR), '--deploy'
    )
    report = ROOT / WORK_DIR / 'report'
    nme = json.loads((report / 'face_nme.json').read_text(encoding='utf-8'))['figures']['NME']
    print(
        f'\nNME {100 * nme:.2f} % on 200 faces it has not seen, after '
        f'{(time.monotonic() - start) / 60:.1f} minutes.\n'
        f'Look at {report / "faces.jpg"} (true points green, predicted red)\n'
        f'and at {report / "curve.png"}.'
    )


if __name__ == '__main__':
    main()
