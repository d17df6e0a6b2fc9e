import Analysis
import Buffers
import Capture

/// The BPF filters of the chain (`filter=`), evaluated once a batch for the links that have one.
struct LinkFilters {
  private let expressions: [String?]
  /// `nil` where an expression makes no sense for a link type: nothing matches there.
  private var programs: [Key: BPFProgram?] = [:]
  private var matches: [[Bool]] = []
  private var firstOrdinal: UInt64 = 0

  private struct Key: Hashable {
    var link: Int
    var linkType: UInt32
  }

  /// Compiles each expression once, so that a wrong one is known before the first packet.
  init(_ chain: [ChainLink]) throws {
    expressions = chain.map(\.selection.filter)
    for case let expression? in expressions {
      _ = try BPFProgram(expression: expression, linkType: .ethernet)
    }
  }

  var isEmpty: Bool { expressions.allSatisfy { $0 == nil } }

  mutating func evaluate(_ batch: borrowing FrameBatch) {
    guard batch.count > 0 else { return }
    firstOrdinal = batch[0].ordinal
    matches = Array(repeating: [], count: expressions.count)
    for (link, expression) in expressions.enumerated() {
      guard let expression else { continue }
      for index in 0..<batch.count {
        let frame = batch[index]
        let program = program(link, expression, for: frame)
        matches[link].append(program?.matches(frame) ?? false)
      }
    }
  }

  private mutating func program(
    _ link: Int, _ expression: String, for frame: Frame
  ) -> BPFProgram? {
    let key = Key(link: link, linkType: frame.linkType.rawValue)
    if let program = programs[key] { return program }
    let program = try? BPFProgram(expression: expression, linkType: frame.linkType)
    programs[key] = .some(program)
    return program
  }

  func matches(_ link: Int, _ ordinal: UInt64) -> Bool {
    let index = Int(clamping: ordinal &- firstOrdinal)
    return link < matches.count && index < matches[link].count && matches[link][index]
  }
}
