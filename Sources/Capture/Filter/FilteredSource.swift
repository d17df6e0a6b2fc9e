public import Buffers
import Wire

/// The packets of a source that match a filter expression, under the numbers that they have in the
/// source.
public final class FilteredSource: PacketSource {
  private let source: any PacketSource
  private let expression: String
  /// `nil` where the expression makes no sense for a link type: nothing of it matches.
  private var programs: [LinkType: BPFProgram?] = [:]
  private var current: (linkType: LinkType, program: BPFProgram?)?
  private var own = Omissions()

  /// So many batches without a match, and whoever fills is asked whether to go on.
  private static let patience = 64

  /// - Parameter expression: one that `BPFProgram.check` lets pass; of another one nothing matches.
  public init(_ source: any PacketSource, expression: String) {
    self.source = source
    self.expression = expression
  }

  public func fill(_ batch: inout FrameBatch) -> Bool {
    for _ in 0..<Self.patience {
      guard source.fill(&batch) else { return false }
      let count = batch.count
      batch.keep { self.matches($0) }
      own.filteredOut &+= UInt64(count &- batch.count)
      // None at all: there is nothing at the moment.
      if count == 0 || batch.hasAnything { break }
    }
    return true
  }

  private func matches(_ frame: Frame) -> Bool {
    if current?.linkType != frame.linkType {
      current = (frame.linkType, program(for: frame.linkType))
    }
    return current?.program?.matches(frame) ?? false
  }

  private func program(for linkType: LinkType) -> BPFProgram? {
    if let known = programs[linkType] { return known }
    var program: BPFProgram?
    do throws(FilterError) {
      program = try BPFProgram(expression: expression, linkType: linkType)
    } catch {
      own.unfiltered[linkType] = error.reason
    }
    programs[linkType] = .some(program)
    return program
  }

  public var name: String { source.name }
  public var interfaces: [CaptureInterface] { source.interfaces }
  public var framesStay: Bool { source.framesStay }
  public var isWhole: Bool { false }
  public var damages: [CaptureDamage] { source.damages }
  public var progress: (read: UInt64, total: UInt64?) { source.progress }
  public func captureName(ofInterface index: Int) -> String? {
    source.captureName(ofInterface: index)
  }
  public func takeBackMissing(from batch: inout FrameBatch) {
    source.takeBackMissing(from: &batch)
  }

  public var omissions: Omissions {
    var omissions = source.omissions
    omissions.filteredOut += own.filteredOut
    omissions.unfiltered.merge(own.unfiltered) { old, _ in old }
    return omissions
  }
}

extension BPFProgram {
  /// Ethernet, and those with words of their own: IP, 802.11, cooked, ATM, SS7, PF's log, PPP.
  private static let linkTypes: [UInt32] = [1, 101, 105, 127, 113, 276, 123, 140, 117, 9]

  /// Throws what is wrong with an expression that makes no sense for any link type.
  public static func check(_ expression: String) throws(FilterError) {
    var first: FilterError?
    for number in linkTypes {
      do throws(FilterError) {
        _ = try BPFProgram(expression: expression, linkType: LinkType(rawValue: number))
        return
      } catch {
        first = first ?? error
      }
    }
    if let first { throw first }
  }
}
