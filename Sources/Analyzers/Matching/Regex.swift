import Analysis
import CPCRE2

/// A regular expression of PCRE2, on bytes. Matches are at least one byte long.
///
/// The one place that calls the library. It is safe: what is compiled is not changed any more and may be
/// used on any thread, and the library keeps no pointer to what it is given.
@safe
final class Regex: @unchecked Sendable {
  /// Finds the first match, and one that begins at a place.
  fileprivate let scanning: OpaquePointer
  fileprivate let anchored: OpaquePointer
  /// How many groups it has, but for the whole match.
  let groupCount: Int
  /// How many bytes before a place tell whether it matches there.
  let lookbehind: Int
  /// A byte that each match has, or that stands ahead of it, where one is known: in both cases, if it is a
  /// letter.
  let requiredByte: BytePair?

  /// Throws what is wrong with the pattern, and where.
  init(_ pattern: [UInt8], isCaseless: Bool) throws(OptionError) {
    var options = UInt32(PCRE2_NEVER_UTF)
    if isCaseless { options |= PCRE2_CASELESS }
    unsafe scanning = try Self.compile(pattern, options)
    unsafe anchored = try Self.compile(pattern, options | PCRE2_ANCHORED)
    groupCount = unsafe Self.number(PCRE2_INFO_CAPTURECOUNT, of: scanning)
    lookbehind = unsafe Self.number(PCRE2_INFO_MAXLOOKBEHIND, of: scanning)
    let hasRequired = unsafe Self.number(PCRE2_INFO_LASTCODETYPE, of: scanning) != 0
    let required = unsafe UInt8(
      truncatingIfNeeded: Self.number(PCRE2_INFO_LASTCODEUNIT, of: scanning))
    requiredByte = hasRequired ? BytePair([required], isCaseless: true) : nil
  }

  deinit {
    unsafe pcre2_code_free_8(scanning)
    unsafe pcre2_code_free_8(anchored)
  }

  private static func compile(
    _ pattern: [UInt8], _ options: UInt32
  ) throws(OptionError) -> OpaquePointer {
    var error: Int32 = 0
    var offset = 0
    guard
      let code = unsafe pcre2_compile_8(pattern, pattern.count, options, &error, &offset, nil)
    else {
      throw OptionError("\(message(of: error)) at byte \(offset)")
    }
    // Where code cannot be made at run time, it is interpreted.
    _ = unsafe pcre2_jit_compile_8(code, PCRE2_JIT_COMPLETE | PCRE2_JIT_PARTIAL_HARD)
    return unsafe code
  }

  private static func message(of error: Int32) -> String {
    var text = [UInt8](repeating: 0, count: 256)
    let length = unsafe pcre2_get_error_message_8(error, &text, text.count)
    return String(decoding: text.prefix(Int(max(length, 0))), as: UTF8.self)
  }

  private static func number(_ what: Int32, of code: OpaquePointer) -> Int {
    var number: UInt32 = 0
    _ = unsafe pcre2_pattern_info_8(code, UInt32(what), &number)
    return Int(number)
  }

  /// The number of a named group.
  func group(named name: [UInt8]) -> Int? {
    let number = unsafe pcre2_substring_number_from_name_8(scanning, name + [0])
    return number > 0 ? Int(number) : nil
  }
}

/// What matching with a regular expression needs besides it; one worker at a time uses it.
@safe
final class RegexMatching {
  enum Outcome: Hashable {
    case none
    case match(Range<Int>)
    /// The end was reached from a place where a match may begin.
    case partial(Int)
    /// It took too many steps.
    case exhausted
  }

  /// Where in a subject is looked, and how.
  struct Look {
    var range: Range<Int>
    /// Only a match that begins with the range.
    var isAnchored = false
    /// Whether the subject begins with the stream, and ends with it.
    var isBegin: Bool
    var isEnd = false
    /// More may follow.
    var mayContinue = false
  }

  let regex: Regex
  /// How many bytes were given to all looks together.
  private(set) var lookedAt = 0
  private let data: OpaquePointer
  private let context: OpaquePointer
  private let stack: OpaquePointer?

  /// Steps that a match may take from one place on: much less than a thousandth of a second.
  private static let stepLimit: UInt32 = 50_000
  /// KiB that the interpreter may take.
  private static let heapLimit: UInt32 = 16 << 10

  init(_ regex: Regex) {
    self.regex = regex
    guard let data = unsafe pcre2_match_data_create_from_pattern_8(regex.scanning, nil),
      let context = unsafe pcre2_match_context_create_8(nil)
    else { fatalError("out of memory") }
    unsafe self.data = data
    unsafe self.context = context
    unsafe stack = pcre2_jit_stack_create_8(32 << 10, 1 << 20, nil)
    _ = unsafe pcre2_set_match_limit_8(context, Self.stepLimit)
    _ = unsafe pcre2_set_heap_limit_8(context, Self.heapLimit)
    unsafe pcre2_jit_stack_assign_8(context, nil, stack.map { unsafe UnsafeMutableRawPointer($0) })
  }

  deinit {
    unsafe pcre2_match_data_free_8(data)
    unsafe pcre2_match_context_free_8(context)
    if let stack = unsafe stack { unsafe pcre2_jit_stack_free_8(stack) }
  }

  /// Looks for a match. What stands before the range is seen by what looks behind.
  func look(_ look: Look, in subject: Span<UInt8>) -> Outcome {
    lookedAt += look.range.count
    var options = UInt32(PCRE2_NOTEMPTY)
    if !look.isBegin { options |= PCRE2_NOTBOL }
    if !look.isEnd && !look.mayContinue { options |= PCRE2_NOTEOL }
    if look.mayContinue { options |= PCRE2_PARTIAL_HARD }
    let seen = subject.extracting(first: look.range.upperBound)
    let code = unsafe look.isAnchored ? regex.anchored : regex.scanning
    let result = unsafe seen.withUnsafeBufferPointer {
      unsafe pcre2_match_8(
        code, $0.baseAddress, $0.count, look.range.lowerBound, options, data, context)
    }
    switch result {
    case 0...: return group(0).map { .match($0) } ?? .none
    case PCRE2_ERROR_NOMATCH: return .none
    case PCRE2_ERROR_PARTIAL: return unsafe .partial(pcre2_get_ovector_pointer_8(data)?[0] ?? 0)
    default: return .exhausted
    }
  }

  /// Where a group stood in the last match; `nil` where it took no part.
  func group(_ number: Int) -> Range<Int>? {
    guard number <= regex.groupCount, let ends = unsafe pcre2_get_ovector_pointer_8(data) else {
      return nil
    }
    let (start, end) = unsafe (ends[2 * number], ends[2 * number + 1])
    // \K may put the begin behind the end.
    return 0 <= start && start <= end ? start..<end : nil
  }
}
