! Exercises what Fortran submissions use.
program real_program
  implicit none
  integer, parameter :: n = 50000, long = selected_int_kind(18)
  integer :: a, b, i, total, status, unit
  integer, allocatable :: v(:), garbage(:)
  integer(long) :: ticks
  character(len=:), allocatable :: digits

  read (*, *) a, b
  call check(a + b == 42, 'input')
  allocate (v(n))
  do i = 1, n
    v(i) = mod(i * 7919, n)
  end do
  call sort(v, 1, n)
  call check(all(v(2:) >= v(:n - 1)), 'sorting')
  call check(deep(20000) == 20000, 'recursion')
  digits = '1'
  do i = 1, 200
    call double_it(digits)
  end do
  call check(digits == '1606938044258990275541962092341162602522202993782792835301376', 'long arithmetic')

  open (newunit=unit, file='data.txt', action='readwrite', status='replace')
  do i = 0, 999
    write (unit, *) i
  end do
  rewind (unit)
  total = 0
  do
    read (unit, *, iostat=status) a
    if (status /= 0) exit
    total = total + a
  end do
  close (unit, status='delete')
  call check(total == 499500, 'files')
  open (newunit=unit, file='missing.txt', status='old', iostat=status)
  call check(status /= 0, 'errors')

  do i = 1, 200
    allocate (garbage(200000))
    garbage = i
    deallocate (garbage)
  end do
  call system_clock(ticks)
  call check(ticks > 0, 'time')
  call check(abs(sum(matmul(reshape([1d0, 2d0, 3d0, 4d0], [2, 2]), reshape([1d0, 1d0], [2, 1]))) - 10) < 1d-9, 'matrices')
  print '(a)', 'real program passed'

contains
  subroutine check(condition, what)
    logical, intent(in) :: condition
    character(len=*), intent(in) :: what
    if (.not. condition) then
      print *, 'failed: ', what
      stop 1
    end if
  end subroutine check

  recursive integer function deep(k) result(r)
    integer, intent(in) :: k
    if (k == 0) then
      r = 0
    else
      r = deep(k - 1) + 1
    end if
  end function deep

  recursive subroutine sort(w, l, r)
    integer, intent(inout) :: w(:)
    integer, intent(in) :: l, r
    integer :: x, t, p, q
    p = l
    q = r
    x = w((l + r) / 2)
    do while (p <= q)
      do while (w(p) < x)
        p = p + 1
      end do
      do while (w(q) > x)
        q = q - 1
      end do
      if (p <= q) then
        t = w(p)
        w(p) = w(q)
        w(q) = t
        p = p + 1
        q = q - 1
      end if
    end do
    if (l < q) call sort(w, l, q)
    if (p < r) call sort(w, p, r)
  end subroutine sort

  subroutine double_it(text)
    character(len=:), allocatable, intent(inout) :: text
    integer :: k, d, carry
    carry = 0
    do k = len(text), 1, -1
      d = (ichar(text(k:k)) - 48) * 2 + carry
      text(k:k) = achar(48 + mod(d, 10))
      carry = d / 10
    end do
    if (carry > 0) text = achar(48 + carry) // text
  end subroutine double_it
end program real_program
