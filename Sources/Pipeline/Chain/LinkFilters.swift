import Analysis
import Buffers
import Capture

/// The BPF filters of the chain (`filter=`): asked with the first packet of a socket.
struct LinkFilters {
  private let expressions: [String?]
  /// `nil` where an expression makes no sense for a link type: nothing matches there.
  private var programs: [Key: BPFProgram?] = [:]

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

  /// Whether the filter of a link lets a frame through; one without a filter lets all through.
  mutating func matches(_ link: Int, _ frame: Frame) -> Bool {
    guard let expression = expressions[link] else { return true }
    let key = Key(link: link, linkType: frame.linkType.rawValue)
    let program: BPFProgram?
    if let known = programs[key] {
      program = known
    } else {
      program = try? BPFProgram(expression: expression, linkType: frame.linkType)
      programs[key] = .some(program)
    }
    return program?.matches(frame) ?? false
  }
}
