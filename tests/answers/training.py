"""Lab 14: right answers in another style, and mistakes that are not among the mutants."""

RIGHT = {
    "get_batch": [
        """
        def get_batch(data, batch_size, context_length, generator=None):
            if len(data) <= context_length:
                raise ValueError(f"{len(data)} tokens are too few for context_length={context_length}")
            starts = torch.randint(0, len(data) - context_length, (batch_size,), generator=generator)
            x = torch.stack([data[i : i + context_length] for i in starts.tolist()])
            y = torch.stack([data[i + 1 : i + 1 + context_length] for i in starts.tolist()])
            return x, y
        """,
        """
        def get_batch(data, batch_size, context_length, generator=None):
            windows = data.unfold(0, context_length + 1, 1) if len(data) > context_length else None
            if windows is None:
                raise ValueError(f"context_length={context_length} does not fit into {len(data)} tokens")
            rows = windows[torch.randint(len(windows), (batch_size,), generator=generator)]
            return rows[:, :-1], rows[:, 1:]
        """,
    ],
    "adamw_step": [
        """
        @torch.no_grad()
        def adamw_step(parameter, gradient, m, v, step, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
            m.lerp_(gradient, 1 - betas[0])
            v.copy_(betas[1] * v + (1 - betas[1]) * gradient**2)
            update = (m / (1 - betas[0] ** step)) / ((v / (1 - betas[1] ** step)).sqrt() + eps)
            parameter.copy_(parameter - lr * weight_decay * parameter - lr * update)
        """,
        """
        @torch.no_grad()
        def adamw_step(parameter, gradient, m, v, step, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
            m *= betas[0]
            m += (1 - betas[0]) * gradient
            v *= betas[1]
            v += (1 - betas[1]) * gradient.square()
            parameter -= lr * weight_decay * parameter
            parameter -= lr * (m / (1 - betas[0] ** step)) / (torch.sqrt(v / (1 - betas[1] ** step)) + eps)
            return parameter
        """,
    ],
    "cosine_schedule": [
        """
        def cosine_schedule(step, *, n_steps, n_warmup, lr, lr_min):
            if n_warmup < 0 or n_warmup >= n_steps:
                raise ValueError(f"a warm-up of {n_warmup} steps does not fit into {n_steps}")
            if step >= n_steps:
                return lr_min
            if step < n_warmup:
                return (step + 1) * lr / (n_warmup + 1)
            angle = math.pi * (step - n_warmup) / (n_steps - n_warmup)
            return (lr + lr_min) / 2 + (lr - lr_min) / 2 * math.cos(angle)
        """,
    ],
    "clip_gradients": [
        """
        @torch.no_grad()
        def clip_gradients(parameters, max_norm):
            parameters = [p for p in parameters if p.grad is not None]
            norm = math.sqrt(sum(p.grad.pow(2).sum().item() for p in parameters))
            if math.isfinite(norm) and norm > max_norm:
                for p in parameters:
                    p.grad *= max_norm / norm
            return norm
        """,
        """
        @torch.no_grad()
        def clip_gradients(parameters, max_norm):
            found = [p for p in parameters if p.grad is not None]
            if not found:
                return 0.0
            norm = torch.cat([p.grad.flatten() for p in found]).norm()
            if torch.isfinite(norm) and norm > max_norm:
                for p in found:
                    p.grad.mul_(max_norm / norm)
            return float(norm)
        """,
    ],
    "accumulate_gradients": [
        """
        def accumulate_gradients(model, batches, loss_fn=next_token_loss):
            if len(batches) == 0:
                raise ValueError("no batches")
            n = sum(t.shape[0] * t.shape[1] for _, t in batches)
            losses = []
            for x, t in batches:
                share = t.shape[0] * t.shape[1] / n
                loss = loss_fn(model(x), t)
                (loss * share).backward()
                losses.append(loss.item() * share)
            return sum(losses)
        """,
    ],
    "orthogonalize": [
        """
        def orthogonalize(matrix, coefficients=JORDAN):
            x = matrix / (matrix.pow(2).sum().sqrt() + 1e-7)
            for a, b, c in coefficients:
                x = a * x + b * (x @ x.T) @ x + c * (x @ x.T) @ (x @ x.T) @ x
            return x
        """,
        """
        def orthogonalize(matrix, coefficients=JORDAN):
            rows, columns = matrix.shape
            x = matrix.clone() / (torch.linalg.norm(matrix) + 1e-7)
            for a, b, c in coefficients:
                gram = x.mT @ x
                x = x @ (a * torch.eye(columns, dtype=x.dtype, device=x.device) + b * gram + c * (gram @ gram))
            return x
        """,
    ],
    "train_step": [
        """
        def train_step(model, optimizer, inputs, targets, lr, max_norm):
            model.zero_grad()
            loss = next_token_loss(model(inputs), targets)
            loss.backward()
            norm = clip_gradients(model.parameters(), max_norm)
            if norm != norm or norm in (math.inf, -math.inf):
                raise gradient_error(norm, float(loss.detach()), lr)
            for g in optimizer.param_groups:
                g.update(lr=lr)
            optimizer.step()
            return float(loss.detach())
        """,
        """
        def train_step(model, optimizer, inputs, targets, lr, max_norm):
            optimizer.zero_grad()
            loss = accumulate_gradients(model, [(inputs, targets)])
            norm = clip_gradients(model.parameters(), max_norm)
            if math.isinf(norm) or math.isnan(norm):
                raise gradient_error(norm, loss, lr)
            for i in range(len(optimizer.param_groups)):
                optimizer.param_groups[i]["lr"] = lr
            optimizer.step()
            return loss
        """,
    ],
    "state_tensors": [
        """
        def state_tensors(model, optimizer):
            found = {}
            for name, p in model.named_parameters():
                found["parameters." + name] = p.data.clone()
                state = optimizer.state[p]
                found.update({f"{m}.{name}": state[m].clone() for m in MOMENTS if m in state})
            return found
        """,
    ],
    "load_state": [
        """
        @torch.no_grad()
        def load_state(model, optimizer, step, tensors):
            for name, p in model.named_parameters():
                p.data = tensors["parameters." + name].clone()
                if "exp_avg." + name in tensors:
                    optimizer.state[p] = {"step": torch.tensor(step, dtype=torch.float32)}
                    for moment in MOMENTS:
                        if f"{moment}.{name}" in tensors:
                            optimizer.state[p][moment] = torch.clone(tensors[f"{moment}.{name}"])
        """,
    ],
}

_ADAM = """@torch.no_grad()
def adamw_step(parameter, gradient, m, v, step, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
 m.mul_(betas[0]).add_((1 - betas[0]) * gradient); v.mul_(betas[1]).add_((1 - betas[1]) * gradient**2)
 mh, vh = m / (1 - betas[0]**step), v / (1 - betas[1]**step)
 parameter.mul_(1 - lr * weight_decay); parameter.sub_(lr * mh / (vh.sqrt() + eps))
"""
_COSINE = """def cosine_schedule(step, *, n_steps, n_warmup, lr, lr_min):
 if not 0 <= n_warmup < n_steps: raise ValueError(f"{n_warmup} {n_steps}")
 if step < n_warmup: return lr * (step + 1) / (n_warmup + 1)
 progress = min(1.0, (step - n_warmup) / (n_steps - n_warmup))
 return lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress))
"""
_CLIP = """@torch.no_grad()
def clip_gradients(parameters, max_norm):
 gs = [p.grad for p in parameters if p.grad is not None]
 norm = math.sqrt(sum(g.square().sum().item() for g in gs))
 if math.isfinite(norm) and norm > max_norm:
  for g in gs: g.mul_(max_norm / norm)
 return norm
"""
_ACCUMULATE = """def accumulate_gradients(model, batches, loss_fn=next_token_loss):
 if not batches: raise ValueError("none")
 n, total = sum(t.numel() for _, t in batches), 0.0
 for x, t in batches:
  loss = loss_fn(model(x), t) * t.numel() / n
  loss.backward(); total += loss.item()
 return total
"""
_STEP = """def train_step(model, optimizer, inputs, targets, lr, max_norm):
 for g in optimizer.param_groups: g["lr"] = lr
 optimizer.zero_grad(); loss = next_token_loss(model(inputs), targets); loss.backward()
 norm = clip_gradients(model.parameters(), max_norm)
 if not math.isfinite(norm): raise gradient_error(norm, loss.item(), lr)
 optimizer.step(); return loss.item()
"""
_BATCH = """def get_batch(data, batch_size, context_length, generator=None):
 n = len(data) - context_length
 if n < 1: raise ValueError(f"{len(data)} {context_length}")
 starts = torch.randint(n, (batch_size,), generator=generator)
 runs = torch.stack([data[s : s + context_length + 1] for s in starts])
 return runs[:, :-1], runs[:, 1:]
"""
_ORTHOGONAL = """def orthogonalize(matrix, coefficients=JORDAN):
 x = matrix / (matrix.norm() + 1e-7)
 for a, b, c in coefficients: x = a * x + (b * x @ x.T + c * x @ x.T @ x @ x.T) @ x
 return x
"""
_STATE = """def state_tensors(model, optimizer):
 found = {}
 for name, p in model.named_parameters():
  found[f"parameters.{name}"] = p.detach()
  for m in MOMENTS:
   if m in optimizer.state[p]: found[f"{m}.{name}"] = optimizer.state[p][m]
 return found
"""
_LOAD = """@torch.no_grad()
def load_state(model, optimizer, step, tensors):
 for name, p in model.named_parameters():
  p.copy_(tensors[f"parameters.{name}"])
  found = {m: tensors[f"{m}.{name}"].clone() for m in MOMENTS if f"{m}.{name}" in tensors}
  if found: optimizer.state[p] = {"step": torch.tensor(float(step)), **found}
"""
_TEXTS = {
    "get_batch": _BATCH, "adamw_step": _ADAM, "cosine_schedule": _COSINE, "clip_gradients": _CLIP,
    "accumulate_gradients": _ACCUMULATE, "train_step": _STEP, "orthogonalize": _ORTHOGONAL,
    "state_tensors": _STATE, "load_state": _LOAD,
}  # fmt: skip


def _wrong(exercise: str, old: str, new: str) -> tuple[str, str]:
    assert old in _TEXTS[exercise], (exercise, old)
    return exercise, _TEXTS[exercise].replace(old, new)


# Mistakes that are not among the mutants: the checks must reject what they do not know, too.
WRONG = [
    _wrong("get_batch", "torch.randint(n, ", "torch.randint(len(data), "),
    _wrong("get_batch", "torch.randint(n, ", "torch.randint(n // 2 + 1, "),
    _wrong("get_batch", "torch.randint(n, (batch_size,), generator=generator)", "torch.randperm(n)[:batch_size]"),
    _wrong("get_batch", "return runs[:, :-1], runs[:, 1:]", "return runs[:, :-1], runs[:, -1]"),
    _wrong("get_batch", "return runs[:, :-1], runs[:, 1:]", "return runs, runs"),
    _wrong("get_batch", "return runs[:, :-1], runs[:, 1:]", "return runs[:, :-1].float(), runs[:, 1:].float()"),
    _wrong("get_batch", "if n < 1: raise", "if n < 0: raise"),
    _wrong("get_batch", "ValueError(f\"{len(data)} {context_length}\")", "ValueError('too short')"),
    _wrong("get_batch", " runs = ", " torch.manual_seed(0); data += 1\n runs = "),
    _wrong("get_batch", " starts = ", " if generator is not None: generator.manual_seed(generator.initial_seed())\n starts = "),
    _wrong("get_batch", " starts = ", " if generator is not None: torch.manual_seed(generator.initial_seed()); generator = None\n starts = "),
    _wrong("get_batch", " starts = ", " generator = generator or torch.Generator().manual_seed(0)\n starts = "),
    _wrong("get_batch", "torch.randint(n, (batch_size,), generator=generator)", "torch.randperm(n, generator=generator)[:batch_size] if batch_size <= n else torch.randint(n, (batch_size,), generator=generator)"),
    _wrong("get_batch", "return runs[:, :-1], runs[:, 1:]", "return runs[:, :-1].squeeze(), runs[:, 1:].squeeze()"),
    _wrong("adamw_step", "gradient**2", "gradient.abs()**3"),
    _wrong("adamw_step", "betas[1]**step", "betas[0]**step"),
    _wrong("adamw_step", "lr * mh", "mh"),
    _wrong("adamw_step", "1 - lr * weight_decay", "1 - lr * 0.01"),
    _wrong("adamw_step", "+ eps", "+ 1e-8"),
    _wrong("adamw_step", "1 - lr * weight_decay", "1 + lr * weight_decay"),
    _wrong("adamw_step", "m.mul_(betas[0]).add_((1 - betas[0]) * gradient)", "m.mul_(0.9).add_(0.1 * gradient)"),
    _wrong("adamw_step", "lr * mh / (", "lr * m / ("),
    _wrong("adamw_step", "lr * mh / (vh.sqrt() + eps)", "lr * (mh / (vh.sqrt() + eps) + weight_decay * m)"),
    _wrong("adamw_step", "lr * mh", "lr * gradient"),
    _wrong("adamw_step", " mh, vh", " m /= 1 - betas[0]**step; mh, vh"),
    _wrong("adamw_step", "m.mul_(betas[0]).add_((1 - betas[0]) * gradient)", "m.data = betas[0] * m + (1 - betas[0]) * gradient"),
    _wrong("adamw_step", "lr * mh / (vh.sqrt() + eps)", "lr * (mh / (vh.sqrt() + eps)).clamp(-1, 1)"),
    (
        "cosine_schedule",
        """
        def cosine_schedule(step, *, n_steps, n_warmup, lr, lr_min):
            if not 0 <= n_warmup < n_steps: raise ValueError(f"{n_warmup} {n_steps}")
            progress = min(1.0, (step - n_warmup) / (n_steps - n_warmup))
            down = lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress))
            return min(lr * (step + 1) / (n_warmup + 1), down)
        """,
    ),
    _wrong("clip_gradients", "if p.grad is not None]", "if p.requires_grad and p.grad is not None]"),
    _wrong("accumulate_gradients", "* t.numel() / n", "* x.numel() / sum(u.numel() for u, _ in batches)"),
    _wrong("accumulate_gradients", "total += loss.item()\n return total", "total = total + loss\n return total.item()"),
    _wrong("accumulate_gradients", "loss.backward(); total", "loss.backward(retain_graph=True); n, model.kept = n, getattr(model, 'kept', []) + [loss]; total"),
    _wrong("accumulate_gradients", " for x, t", " model.eval()\n for x, t"),
    _wrong("accumulate_gradients", " for x, t", " model.train()\n for x, t"),
    _wrong("orthogonalize", "(matrix.norm() + 1e-7)", "matrix.norm().clamp(min=1e-30)"),
    _wrong("orthogonalize", " x = matrix", " if 1 in matrix.shape: return matrix / (matrix.norm() + 1e-7)\n x = matrix"),
    _wrong("state_tensors", " return found", " return {**found, **{f'buffers.{n}': b for n, b in model.named_buffers()}}"),
    _wrong("state_tensors", "if m in optimizer.state[p]", "if any(p is q for q in optimizer.param_groups[0]['params']) and m in optimizer.state[p]"),
    _wrong("state_tensors", "p.detach()", "p.detach().float()"),
    _wrong("state_tensors", "p.detach()", "(p.detach() if p.grad is None else p.grad)"),
    _wrong("state_tensors", "if m in optimizer.state[p]", "if m in optimizer.state[p] and optimizer.state[p][m].any()"),
    _wrong("state_tensors", "  found[f\"parameters", "  if not any(p is q for g in optimizer.param_groups for q in g['params']): continue\n  found[f\"parameters"),
    _wrong("state_tensors", "found[f\"{m}.{name}\"] = optimizer.state[p][m]", "found[f\"{m}.{name}\"] = optimizer.state[p].pop(m)"),
    _wrong("load_state", "  p.copy_", "  if not p.requires_grad: continue\n  p.copy_"),
    _wrong("load_state", "  if found:", "  if found and any(p is q for q in optimizer.param_groups[0]['params']):"),
    _wrong("load_state", "**found}", "**found}\n for name in list(tensors): tensors.pop(name)"),
    _wrong("load_state", "\"step\": torch.tensor(float(step)), ", ""),
    _wrong("train_step", "optimizer.step();", "[p.data.sub_(lr * p.grad) for p in model.parameters()];"),
    _wrong("cosine_schedule", "math.cos(math.pi * progress)", "math.cos(progress)"),
    _wrong("cosine_schedule", "return lr * (step + 1) / (n_warmup + 1)", "return max(lr_min, lr * (step + 1) / (n_warmup + 1))"),
    _wrong("cosine_schedule", "math.cos(math.pi * progress)", "math.cos(180 * progress)"),
    _wrong("cosine_schedule", "1 + math.cos(math.pi * progress)", "1 - math.cos(math.pi * progress)"),
    _wrong("cosine_schedule", "(1 + math.cos(math.pi * progress))", "math.cos(math.pi * progress / 2) * 2"),
    _wrong("cosine_schedule", "lr * (step + 1) / (n_warmup + 1)", "lr_min + (lr - lr_min) * (step + 1) / (n_warmup + 1)"),
    _wrong("cosine_schedule", "(n_steps - n_warmup))", "(n_steps - n_warmup - 1))"),
    _wrong("cosine_schedule", "0 <= n_warmup < n_steps", "n_warmup < n_steps"),
    _wrong("cosine_schedule", "0 <= n_warmup < n_steps", "0 < n_warmup < n_steps"),
    _wrong("cosine_schedule", " return lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress))", " return torch.tensor(lr_min + 0.5 * (lr - lr_min) * (1 + math.cos(math.pi * progress)))"),
    (
        "clip_gradients",
        """
        @torch.no_grad()
        def clip_gradients(parameters, max_norm):
            found = [p for p in parameters if p.grad is not None]
            norm = math.sqrt(sum(p.grad.square().sum().item() for p in found))
            for p in found if max_norm < norm < math.inf else []:
                p.grad = p.grad * (max_norm / norm)
            return norm
        """,
    ),
    _wrong("clip_gradients", "g.mul_(max_norm / norm)", "g.div_(norm)"),
    _wrong("clip_gradients", "g.mul_(max_norm / norm)", "g.mul_(norm / max_norm)"),
    _wrong("clip_gradients", "g.mul_(max_norm / norm)", "g.mul_((max_norm / norm) ** 0.5)"),
    _wrong("clip_gradients", "norm > max_norm", "norm < max_norm"),
    _wrong("clip_gradients", "math.sqrt(sum(g.square().sum().item() for g in gs))", "math.sqrt(sum(g.square().mean().item() for g in gs))"),
    _wrong("clip_gradients", "math.sqrt(sum(g.square().sum().item() for g in gs))", "sum(g.abs().sum().item() for g in gs)"),
    _wrong("clip_gradients", "math.sqrt(sum(g.square().sum().item() for g in gs))", "max([g.abs().max().item() for g in gs], default=0.0)"),
    _wrong("clip_gradients", "[p.grad for p in parameters if p.grad is not None]", "[p.data for p in parameters]"),
    _wrong("clip_gradients", "return norm", "return gs"),
    _wrong("clip_gradients", " return norm", " return int(norm)"),
    ("clip_gradients", "def clip_gradients(parameters, max_norm):\n return float(torch.nn.utils.clip_grad_norm_(parameters, max_norm))"),
    ("clip_gradients", "def clip_gradients(parameters, max_norm):\n torch.nn.utils.clip_grad_value_(parameters, max_norm)\n return max_norm"),
    _wrong("accumulate_gradients", "* t.numel() / n", "/ n"),
    _wrong("accumulate_gradients", "* t.numel() / n", "* t.shape[1] / sum(u.shape[1] for _, u in batches)"),
    _wrong("accumulate_gradients", "total += loss.item()", "total += loss.item() / len(batches)"),
    _wrong("accumulate_gradients", "loss = loss_fn(model(x), t) * t.numel() / n", "loss = loss_fn(model(x), t); n = t.numel()"),
    _wrong("accumulate_gradients", "if not batches: raise", "if batches is None: raise"),
    _wrong("accumulate_gradients", "for x, t in batches:", "for x, t in batches[:1]:"),
    _wrong("accumulate_gradients", "model(x), t", "model(t), x"),
    _wrong("accumulate_gradients", "loss.backward(); total", "(loss * loss).backward(); total"),
    _wrong("accumulate_gradients", " return total", " return total * n"),
    ("accumulate_gradients", "def accumulate_gradients(model, batches, loss_fn=next_token_loss):\n if not batches: raise ValueError('none')\n x, t = (torch.cat([b[i] for b in batches]) for i in (0, 1))\n loss = loss_fn(model(x), t); loss.backward(); return loss.item()"),
    _wrong("train_step", "loss.backward()", "(loss / len(inputs)).backward()"),
    _wrong("train_step", "g[\"lr\"] = lr", "g[\"lr\"] *= lr"),
    _wrong("train_step", "optimizer.zero_grad()", "pass"),
    _wrong("train_step", "clip_gradients(model.parameters(), max_norm)", "clip_gradients(list(model.parameters())[:1], max_norm)"),
    _wrong("train_step", "clip_gradients(model.parameters(), max_norm)", "max(clip_gradients([p], max_norm) for p in model.parameters())"),
    _wrong("train_step", "clip_gradients(model.parameters(), max_norm)", "clip_gradients(model.parameters(), 1.0)"),
    _wrong("train_step", "raise gradient_error(norm, loss.item(), lr)", "raise ValueError(norm)"),
    _wrong("train_step", "optimizer.step(); return", "optimizer.step(); optimizer.step(); return"),
    _wrong("train_step", "model(inputs), targets)", "model(targets), targets)"),
    _wrong("train_step", "return loss.item()", "return loss.detach()"),
    _wrong("train_step", "return loss.item()", "return lr"),
    _wrong("orthogonalize", "for a, b, c in coefficients", "for a, b, c in coefficients[:-1]"),
    _wrong("orthogonalize", "for a, b, c in coefficients", "for c, b, a in coefficients"),
    _wrong("orthogonalize", "matrix.norm() + 1e-7", "matrix.norm() ** 2 + 1e-7"),
    _wrong("orthogonalize", "matrix.norm() + 1e-7", "torch.linalg.matrix_norm(matrix, 1) + 1e-7"),
    _wrong("orthogonalize", " return x", " return x * matrix.norm()"),
    _wrong("orthogonalize", " return x", " return x.T"),
    _wrong("orthogonalize", " x = matrix / (matrix.norm() + 1e-7)", " x = matrix.T / (matrix.norm() + 1e-7) if matrix.shape[0] < matrix.shape[1] else matrix / (matrix.norm() + 1e-7)"),
    _wrong("orthogonalize", " return x", " return x.float()"),
    _wrong("orthogonalize", "x @ x.T + c", "x * x.T.mean() + c"),
    ("orthogonalize", "def orthogonalize(matrix, coefficients=JORDAN):\n u, s, v = torch.linalg.svd(matrix, full_matrices=False)\n return u @ v"),
    ("orthogonalize", "def orthogonalize(matrix, coefficients=JORDAN):\n return torch.linalg.qr(matrix)[0]"),
    _wrong("state_tensors", "optimizer.state[p][m]", "p.grad"),
    _wrong("state_tensors", "f\"{m}.{name}\"", "f\"{name}.{m}\""),
    _wrong("state_tensors", " return found", " return list(found.values())"),
    _wrong("state_tensors", "p.detach()", "p.detach().tolist()"),
    _wrong("state_tensors", "p.detach()", "p.detach() * 0.5"),
    _wrong("state_tensors", " return found", " return {**model.state_dict(), **found}"),
    ("state_tensors", "def state_tensors(model, optimizer): return {'model': model.state_dict(), 'optimizer': optimizer.state_dict()}"),
    _wrong("load_state", "p.copy_(", "p.add_("),
    _wrong("load_state", "\"step\": torch.tensor(float(step))", "\"step\": torch.tensor(step)"),
    _wrong("load_state", "float(step)", "float(step + 1)"),
    _wrong("load_state", "optimizer.state[p] = {", "optimizer.state[name] = {"),
    _wrong("load_state", "**found}", "'exp_avg': found.get('exp_avg_sq'), 'exp_avg_sq': found.get('exp_avg')}"),
    _wrong("load_state", "optimizer.state[p] = {\"step\": torch.tensor(float(step)), **found}", "optimizer.state[p].update(found)"),
    _wrong("load_state", " p.copy_(", " p.requires_grad_(False).copy_("),
    ("load_state", "def load_state(model, optimizer, step, tensors): model.load_state_dict({k[11:]: v for k, v in tensors.items() if k.startswith('parameters.')})"),
]  # fmt: skip
