;; Matrix times vector for the GPT in the page: whole numbers of 8 bits times numbers of 31, exact, 16 at a time.
;;
;; `split` writes a vector as unit · (32768 · high + low), high and low whole numbers of 16 bits; `product` multiplies
;; each row of a matrix with both halves. One instruction multiplies eight pairs of 16 bits and adds them two by two.
;; No sum is rounded: 2,048 columns of at most 127 · 32,768 stay below 2³¹ in each of the four lanes.
;;
;; `python -m seq2gpt.widgets.wasm` makes kernel.js of this file.
(module
  (memory (export "memory") 1)

  ;; $length numbers of 64 bits at $x, a multiple of 16, become the high halves at $halves and the low ones behind
  ;; them. Returns the unit: the largest magnitude is 2³⁰ − 1 units.
  (func (export "split") (param $x i32) (param $halves i32) (param $length i32) (result f64)
    (local $at i32) (local $low i32) (local $end i32)
    (local $peaks v128) (local $factor v128) (local $first v128) (local $second v128)
    (local $peak f64)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $length) (i32.const 3))))
    (local.set $low (i32.add (local.get $halves) (i32.shl (local.get $length) (i32.const 1))))
    (local.set $at (local.get $x))
    (loop $pairs
      (local.set $peaks (f64x2.max (local.get $peaks) (f64x2.abs (v128.load (local.get $at)))))
      (br_if $pairs (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end))))
    (local.set $peak (f64.max (f64x2.extract_lane 0 (local.get $peaks)) (f64x2.extract_lane 1 (local.get $peaks))))
    (local.set $factor (f64x2.splat (f64.div (f64.const 1073741823) (local.get $peak))))
    (local.set $at (local.get $x))
    (loop $eights
      (local.set $first (call $whole (local.get $at) (local.get $factor)))
      (local.set $second (call $whole (i32.add (local.get $at) (i32.const 32)) (local.get $factor)))
      (v128.store (local.get $halves)
        (i16x8.narrow_i32x4_s
          (i32x4.shr_s (local.get $first) (i32.const 15)) (i32x4.shr_s (local.get $second) (i32.const 15))))
      (v128.store (local.get $low)
        (i16x8.narrow_i32x4_s
          (v128.and (local.get $first) (i32x4.splat (i32.const 32767)))
          (v128.and (local.get $second) (i32x4.splat (i32.const 32767)))))
      (local.set $halves (i32.add (local.get $halves) (i32.const 16)))
      (local.set $low (i32.add (local.get $low) (i32.const 16)))
      (br_if $eights (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 64))) (local.get $end))))
    (f64.div (local.get $peak) (f64.const 1073741823)))

  ;; Four numbers at $at, times a factor, as the nearest whole numbers of 32 bits.
  (func $whole (param $at i32) (param $factor v128) (result v128)
    (i8x16.shuffle 0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23
      (i32x4.trunc_sat_f64x2_s_zero
        (f64x2.nearest (f64x2.mul (v128.load (local.get $at)) (local.get $factor))))
      (i32x4.trunc_sat_f64x2_s_zero
        (f64x2.nearest (f64x2.mul (v128.load offset=16 (local.get $at)) (local.get $factor))))))

  ;; $y[row] = $scales[row] · $unit · (row of $weights · vector), for the vector that `split` left at $halves.
  (func (export "product")
    (param $y i32) (param $weights i32) (param $scales i32) (param $rows i32) (param $halves i32) (param $columns i32)
    (param $unit f64)
    (local $at i32) (local $low i32) (local $end i32)
    (local $a v128) (local $b v128) (local $sum_high v128) (local $sum_low v128) (local $sums v128)
    (local.set $end (i32.add (local.get $halves) (i32.shl (local.get $columns) (i32.const 1))))
    (loop $each_row
      (local.set $at (local.get $halves))
      (local.set $low (local.get $end))
      (local.set $sum_high (i32x4.splat (i32.const 0)))
      (local.set $sum_low (i32x4.splat (i32.const 0)))
      (loop $sixteen
        (local.set $a (v128.load8x8_s (local.get $weights)))
        (local.set $b (v128.load8x8_s offset=8 (local.get $weights)))
        (local.set $sum_high
          (i32x4.add (local.get $sum_high)
            (i32x4.add
              (i32x4.dot_i16x8_s (local.get $a) (v128.load (local.get $at)))
              (i32x4.dot_i16x8_s (local.get $b) (v128.load offset=16 (local.get $at))))))
        (local.set $sum_low
          (i32x4.add (local.get $sum_low)
            (i32x4.add
              (i32x4.dot_i16x8_s (local.get $a) (v128.load (local.get $low)))
              (i32x4.dot_i16x8_s (local.get $b) (v128.load offset=16 (local.get $low))))))
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (local.set $low (i32.add (local.get $low) (i32.const 32)))
        (br_if $sixteen (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 32))) (local.get $end))))
      (local.set $sums
        (i64x2.add
          (i64x2.shl
            (i64x2.add (i64x2.extend_low_i32x4_s (local.get $sum_high)) (i64x2.extend_high_i32x4_s (local.get $sum_high)))
            (i32.const 15))
          (i64x2.add (i64x2.extend_low_i32x4_s (local.get $sum_low)) (i64x2.extend_high_i32x4_s (local.get $sum_low)))))
      (f64.store (local.get $y)
        (f64.mul
          (f64.mul (f64.promote_f32 (f32.load (local.get $scales))) (local.get $unit))
          (f64.convert_i64_s
            (i64.add (i64x2.extract_lane 0 (local.get $sums)) (i64x2.extract_lane 1 (local.get $sums))))))
      (local.set $y (i32.add (local.get $y) (i32.const 8)))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $each_row (local.tee $rows (i32.sub (local.get $rows) (i32.const 1)))))))
